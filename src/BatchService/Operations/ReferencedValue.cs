using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Operations;

/// <summary>What a reference took out of a result: well-formed, and paid for.</summary>
/// <param name="Rest">The end of a bare path that did not resolve and stays text.</param>
/// <param name="Levels">How many levels of objects and arrays the value has; 0 for a plain one.</param>
internal readonly record struct ReferencedValue(JsonElement Value, ReadOnlyMemory<char> Rest, int Levels)
{
    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    /// <summary>Follows <paramref name="reference"/>; the value's JSON text is charged before it is copied.</summary>
    public static Error? Take(
        Reference reference,
        IReadOnlyDictionary<string, ReferencedResult> results,
        ref ResolvedBytesBudget budget,
        out ReferencedValue taken)
    {
        taken = default;
        if (!results.TryGetValue(reference.Operation, out var result))
        {
            return new Error(ErrorCodes.ReferenceUnknown, $"The referenced operation '{reference.Operation}' has no result");
        }

        try
        {
            var root = new ResultNode(result);
            var steps = 0L;
            var found = reference.TryFollow(root, ref steps, out var end, out var length);
            if (!budget.TryWalk(steps))
            {
                return new Error(ErrorCodes.ReferenceTooLarge, "The references of the batch search too many properties and elements");
            }

            if (!found)
            {
                return NotFound(reference, root);
            }

            if (!budget.TryTake(JsonMarshal.GetRawUtf8Value(end.Value).Length))
            {
                return new Error(ErrorCodes.ReferenceTooLarge, $"The references of the batch resolve to more than {budget.Limit} bytes");
            }

            taken = new ReferencedValue(end.Value, reference.Path.AsMemory(length), Inspect(end.Value));
            return null;
        }
        catch (InvalidOperationException)
        {
            // A json column (not jsonb) can hold "\ud800", which no string can.
            return new Error(
                ErrorCodes.ReferenceTypeMismatch,
                $"The result of operation '{reference.Operation}' holds text that is not valid Unicode");
        }
    }

    /// <summary>The value as UTF-8 text: a string as it is, anything else as its JSON text.</summary>
    public ReadOnlySpan<byte> AsText()
    {
        var json = JsonMarshal.GetRawUtf8Value(Value);
        if (Value.ValueKind != JsonValueKind.String)
        {
            return json;
        }

        return json.Contains((byte)'\\') ? Encoding.UTF8.GetBytes(Value.GetString()!) : json[1..^1];
    }

    private static Error NotFound(Reference reference, ResultNode root)
    {
        var at = reference.FindBreak(root, out var broken);
        return new Error(
            ErrorCodes.ReferencePathNotFound,
            $"Operation '{reference.Operation}' has no property '{broken}' in its result; {at.Describe()}");
    }

    /// <summary>How many levels the value has. Throws <see cref="InvalidOperationException"/> where text is not Unicode.</summary>
    private static int Inspect(JsonElement value)
    {
        var deepest = 0;
        var reader = new Utf8JsonReader(JsonMarshal.GetRawUtf8Value(value), AnyDepth);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                deepest = Math.Max(deepest, reader.CurrentDepth + 1);
            }
            else if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
            {
                _ = reader.GetString();
            }
        }

        return deepest;
    }
}
