using System.Buffers;
using System.Text.Json;
using BatchService.Batching;
using Npgsql;

namespace BatchService.Frames;

/// <summary>Changes fields of a stored frame (JSON merge patch, RFC 7396); the changed frame is checked like a new one.</summary>
internal static class FramePatch
{
    /// <summary>Patches inside the caller's transaction, and answers with the frame.</summary>
    public static async Task<WriteResult> RunAsync(
        NpgsqlConnection connection, string id, JsonElement patch, Caller caller, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT content::text FROM batch.frame WHERE id = $1 FOR UPDATE", connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = id } },
        };
        if (await command.ExecuteScalarAsync(cancellationToken) is not string content)
            return WriteResult.Refused(new Error(ErrorCodes.NotFound, "There is no such frame."));
        using var stored = JsonDocument.Parse(content);
        using var patched = JsonDocument.Parse(Merge(stored.RootElement, patch));
        var errors = Check(id, patched.RootElement);
        if (errors.Count > 0)
            return WriteResult.Refused(errors);
        var frame = Frame.Of(patched.RootElement);
        await FrameWriter.WriteAsync(connection, [frame], caller.Subject, cancellationToken);
        return WriteResult.Done(StoredAnswer.Json(200, frame.Content));
    }

    /// <summary>The target with the patch applied: null removes, objects are merged, anything else replaces.</summary>
    public static ReadOnlyMemory<byte> Merge(JsonElement target, JsonElement patch)
    {
        var merged = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(merged, WireJson.Writing))
            Write(writer, target, patch);
        return merged.WrittenMemory;
    }

    private static IReadOnlyList<Error> Check(string id, JsonElement frame)
    {
        var errors = FrameValidator.Validate(frame).Errors
            .Select(error => new Error(ErrorCodes.ValidationFailed, $"{error.Path}: {error.Message}", error.Pointer.Length == 0 ? null : error.Pointer))
            .ToList();
        var isSame = frame.TryGetProperty("id", out var given) && given.ValueKind == JsonValueKind.String && given.ValueEquals(id);
        if (!isSame)
            errors.Insert(0, new Error(ErrorCodes.ValidationFailed, "id: The id of a frame cannot change", "/id"));
        return errors;
    }

    private static void Write(Utf8JsonWriter writer, JsonElement target, JsonElement patch)
    {
        if (patch.ValueKind != JsonValueKind.Object)
        {
            patch.WriteTo(writer);
            return;
        }
        writer.WriteStartObject();
        if (target.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in target.EnumerateObject().Where(member => !patch.TryGetProperty(member.Name, out _)))
                member.WriteTo(writer);
        }
        foreach (var member in patch.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null))
        {
            writer.WritePropertyName(member.Name);
            var old = default(JsonElement);
            if (target.ValueKind == JsonValueKind.Object)
                target.TryGetProperty(member.Name, out old);
            Write(writer, old, member.Value);
        }
        writer.WriteEndObject();
    }
}
