using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace BatchService.DatabaseTests.Devices;

/// <summary>An answer that was read to its end.</summary>
internal sealed record DevicesAnswer(int Status, JsonElement Body, HttpResponseHeaders Headers)
{
    public string? Code => Text("code");

    public IReadOnlyList<JsonElement> Results => [.. Body.GetProperty("results").EnumerateArray()];

    public string Statuses => string.Join(' ', Results.Select(result => result.GetProperty("status").GetString()));

    public string? Text(string name) => Body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public string Names => string.Join(' ', Body.EnumerateObject().Select(member => member.Name));
}

/// <summary>Speaks about devices and proofs.</summary>
internal static class DevicesClient
{
    /// <summary>Keys of the test vectors of RFC 8032.</summary>
    public const string Key = "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    public const string OtherKey = "ed25519:PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static readonly JsonSerializerOptions s_writing = new() { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    public static string Unique(string prefix = "d") => $"{prefix}-{Guid.NewGuid():N}";

    /// <summary>SHA-256 of nothing in particular.</summary>
    public static string UniqueHash() => $"sha256:{Guid.NewGuid():N}{Guid.NewGuid():N}";

    public static object Device(string id, string? token = null, bool? force = null, string key = Key) =>
        new { device_id = id, public_key = key, platform = "ios", current_token = token, force };

    public static object Proof(string device, string? hash = null, string key = Key) =>
        new { device_id = device, device_pubkey = key, asset_hash = hash ?? UniqueHash(), capture_time_utc = "2026-01-31T12:00:00Z" };

    public static async Task<DevicesAnswer> SendAsync(this HttpClient client, string path, object body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(body as string ?? JsonSerializer.Serialize(body, s_writing), Encoding.UTF8, "application/json"),
        };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await client.SendAsync(request);
        return await ReadAsync(response);
    }

    public static async Task<DevicesAnswer> ReadAsync(this HttpClient client, string path, string? prefer = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (prefer is not null)
            request.Headers.TryAddWithoutValidation("Prefer", prefer);
        using var response = await client.SendAsync(request);
        return await ReadAsync(response);
    }

    /// <summary>Enrols a new device and gives its token.</summary>
    public static async Task<string> EnrollAsync(this HttpClient client, string id)
    {
        var answer = await client.SendAsync("/devices/enroll", Device(id));
        Assert.Equal(201, answer.Status);
        return answer.Text("token")!;
    }

    /// <summary>Waits for the end of a job.</summary>
    public static async Task<JsonElement> FinishAsync(this HttpClient client, DevicesAnswer accepted)
    {
        Assert.Equal(202, accepted.Status);
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var job = await client.ReadAsync(accepted.Headers.Location!.OriginalString, "wait=20");
            if (job.Text("status") is "completed" or "failed" or "canceled")
                return job.Body;
            Assert.True(clock.Elapsed < s_patience, "The job did not end in time.");
        }
    }

    public static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        var clock = Stopwatch.StartNew();
        while (!await isSo())
        {
            Assert.True(clock.Elapsed < s_patience, "It did not happen in time.");
            await Task.Delay(20);
        }
    }

    private static async Task<DevicesAnswer> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        return new DevicesAnswer((int)response.StatusCode, JsonElement.Parse(text.Length > 0 ? text : "null"), response.Headers);
    }
}
