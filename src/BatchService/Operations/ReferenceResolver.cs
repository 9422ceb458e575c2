using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Operations;

/// <summary>Puts earlier results where a value refers to them: one pass, so text that came out of data is never expanded.</summary>
internal static class ReferenceResolver
{
    // The depth that requests are read with: what is resolved can be read by the same readers.
    private const int MaxDepth = 64;

    private const int MaxPiece = 32 * 1024;

    /// <summary>
    /// The value with its references replaced and its escapes undone, or the first error. A value without any comes back as it is.
    /// </summary>
    /// <param name="results">The outcomes so far, by operation id.</param>
    /// <param name="pointer">The place of <paramref name="value"/> in the request.</param>
    public static Resolution Resolve(
        JsonElement value,
        IReadOnlyDictionary<string, ReferencedResult> results,
        ref ResolvedBytesBudget budget,
        string pointer)
    {
        if (!ReferenceSyntax.MayOccurIn(value))
        {
            return new Resolution(value, null);
        }

        var buffer = new ArrayBufferWriter<byte>(JsonMarshal.GetRawUtf8Value(value).Length);
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Writing))
        {
            if (Write(value, writer, results, ref budget) is { } error)
            {
                return new Resolution(default, error with { Pointer = pointer + error.Pointer });
            }
        }

        return new Resolution(JsonElement.Parse(buffer.WrittenSpan), null);
    }

    /// <summary>The pointer of the error is relative to <paramref name="value"/>: each level puts its own step in front.</summary>
    private static Error? Write(
        JsonElement value,
        Utf8JsonWriter writer,
        IReadOnlyDictionary<string, ReferencedResult> results,
        ref ResolvedBytesBudget budget)
    {
        if (!ReferenceSyntax.MayOccurIn(value))
        {
            writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
            return null;
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            return WriteString(value.GetString()!, writer, results, ref budget);
        }

        if (value.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            writer.WriteStartArray();
            foreach (var element in value.EnumerateArray())
            {
                if (Write(element, writer, results, ref budget) is { } error)
                {
                    return error with { Pointer = JsonPointer.Append("", index) + error.Pointer };
                }

                index++;
            }

            writer.WriteEndArray();
            return null;
        }

        writer.WriteStartObject();
        foreach (var property in value.EnumerateObject())
        {
            writer.WritePropertyName(property.Name);
            if (Write(property.Value, writer, results, ref budget) is { } error)
            {
                return error with { Pointer = JsonPointer.Append("", property.Name) + error.Pointer };
            }
        }

        writer.WriteEndObject();
        return null;
    }

    private static Error? WriteString(
        string text,
        Utf8JsonWriter writer,
        IReadOnlyDictionary<string, ReferencedResult> results,
        ref ResolvedBytesBudget budget)
    {
        if (!ReferenceTemplate.TryParse(text, out var template, out var malformed))
        {
            return malformed;
        }

        var isText = template.Whole is null;
        foreach (var part in template.Parts)
        {
            if (part.Reference is not { } reference)
            {
                WriteText(writer, Encoding.UTF8.GetBytes(part.Text!));
                continue;
            }

            if (ReferencedValue.Take(reference, results, ref budget, out var taken) is { } error)
            {
                return error;
            }

            if (!isText && taken.Rest.IsEmpty)
            {
                if (writer.CurrentDepth + taken.Levels > MaxDepth)
                {
                    return new Error(
                        ErrorCodes.ReferenceTypeMismatch,
                        $"The result of operation '{reference.Operation}' would nest deeper than {MaxDepth} levels here");
                }

                writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(taken.Value), skipInputValidation: true);
                return null;
            }

            isText = true;
            WriteText(writer, taken.AsText());
            WriteText(writer, Encoding.UTF8.GetBytes(taken.Rest.ToString()));
        }

        writer.WriteStringValueSegment(ReadOnlySpan<byte>.Empty, isFinalSegment: true);
        return null;
    }

    /// <summary>In pieces: the writer sets six bytes aside for every byte that it may have to escape.</summary>
    private static void WriteText(Utf8JsonWriter writer, ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            var piece = text[..Math.Min(text.Length, MaxPiece)];
            writer.WriteStringValueSegment(piece, isFinalSegment: false);
            text = text[piece.Length..];
        }
    }
}

/// <summary>A resolved value, or why there is none.</summary>
internal readonly record struct Resolution(JsonElement Value, Error? Error);
