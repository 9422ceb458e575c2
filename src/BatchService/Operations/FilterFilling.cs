using System.Text;
using System.Text.Json;
using BatchService.Batching;
using BatchService.Entities;

namespace BatchService.Operations;

/// <summary>
/// Puts the results of earlier operations into a filter and keeps apart what the request wrote and what was found: a stored text that
/// looks like an operator, a list or a pattern is none.
/// </summary>
internal static class FilterFilling
{
    /// <summary>The first error, or null and the members without references.</summary>
    /// <param name="query">An object.</param>
    /// <param name="pointer">The place of <paramref name="query"/> in the request.</param>
    public static Error? Fill(
        JsonElement query,
        IReadOnlyDictionary<string, ReferencedResult> results,
        ref ResolvedBytesBudget budget,
        string pointer,
        out IReadOnlyList<FilterField> fields)
    {
        var filled = new List<FilterField>();
        fields = filled;
        foreach (var property in query.EnumerateObject())
        {
            var isTemplate = property.Value.ValueKind == JsonValueKind.String && ReferenceSyntax.MayOccurIn(property.Value);
            var error = isTemplate
                ? FillText(property.Value.GetString()!, results, ref budget, out var input)
                : FillValue(property.Value, results, ref budget, out input);
            if (error is not null)
                return error with { Pointer = JsonPointer.Append(pointer, property.Name) + error.Pointer };
            filled.Add(new FilterField(property.Name, input));
        }
        return null;
    }

    /// <summary>The elements of a list, and what is in objects, are never read for operators.</summary>
    private static Error? FillValue(
        JsonElement value, IReadOnlyDictionary<string, ReferencedResult> results, ref ResolvedBytesBudget budget, out FilterInput? input)
    {
        var resolution = ReferenceResolver.Resolve(value, results, ref budget, "");
        input = resolution.Error is null ? FilterInput.Written(resolution.Value) : null;
        return resolution.Error;
    }

    private static Error? FillText(
        string text, IReadOnlyDictionary<string, ReferencedResult> results, ref ResolvedBytesBudget budget, out FilterInput? input)
    {
        input = null;
        if (!ReferenceTemplate.TryParse(text, out var template, out var malformed))
            return malformed;
        var pieces = new List<FilterPiece>();
        foreach (var part in template.Parts)
        {
            if (part.Reference is not { } reference)
            {
                pieces.Add(new FilterPiece(part.Text!));
                continue;
            }
            if (ReferencedValue.Take(reference, results, ref budget, out var taken) is { } error)
                return error;
            if (template.Whole is not null)
            {
                input = FilterInput.Found(taken.Value);
                return null;
            }
            pieces.Add(new FilterPiece(Encoding.UTF8.GetString(taken.AsText()), taken.Value));
            if (!taken.Rest.IsEmpty)
                pieces.Add(new FilterPiece(taken.Rest.ToString()));
        }
        input = new FilterInput(default, new FilterText(pieces));
        return null;
    }
}
