using System.Text.Json;

namespace BatchService.Batching;

/// <summary>Writes why a best-effort batch ended early, into the answer that tells how far it came.</summary>
internal static class FaultJson
{
    /// <summary>Retryable means: the same request with the same Idempotency-Key goes on with the rest.</summary>
    public static void Write(Utf8JsonWriter writer, Error fault)
    {
        writer.WriteString("reason", fault.Detail);
        writer.WriteString("code", fault.Code.Name);
        writer.WriteBoolean("retryable", fault.Code.Retryable);
    }
}
