using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Jobs;

/// <summary>The body of a webhook, the same bytes on every attempt.</summary>
internal static class WebhookBody
{
    public static byte[] Write(DueWebhook webhook)
    {
        using var body = new MemoryStream();
        using (var writer = new Utf8JsonWriter(body, WireJson.Writing))
        {
            writer.WriteStartObject();
            writer.WriteString("id", webhook.Id);
            writer.WriteString("event", webhook.Event);
            writer.WriteString("timestamp", Rfc3339.Format(webhook.CreatedAt));
            writer.WritePropertyName("data");
            writer.WriteRawValue(webhook.Data);
            writer.WriteEndObject();
        }

        return body.ToArray();
    }
}
