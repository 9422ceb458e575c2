using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Operations;

/// <summary>Every reference in a value of the request, with its place, and every malformed one as an error.</summary>
internal sealed record ReferenceScan(IReadOnlyList<FoundReference> References, IReadOnlyList<Error> Errors)
{
    // A body of nothing but malformed references must not grow into a million errors.
    private const int MaxErrors = 100;

    private static readonly ReferenceScan None = new([], []);

    /// <summary>Looks into string values at any depth, never into keys. <paramref name="pointer"/> is the place of <paramref name="value"/>.</summary>
    public static ReferenceScan Collect(JsonElement value, string pointer)
    {
        if (!ReferenceSyntax.MayOccurIn(value))
        {
            return None;
        }

        var references = new List<FoundReference>();
        var errors = new List<Error>();
        Visit(value, pointer, references, errors);
        return new ReferenceScan(references, errors);
    }

    private static void Visit(JsonElement value, string pointer, List<FoundReference> references, List<Error> errors)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in value.EnumerateObject().Where(property => ReferenceSyntax.MayOccurIn(property.Value)))
            {
                Visit(property.Value, JsonPointer.Append(pointer, property.Name), references, errors);
            }

            return;
        }

        if (value.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var element in value.EnumerateArray())
            {
                if (ReferenceSyntax.MayOccurIn(element))
                {
                    Visit(element, JsonPointer.Append(pointer, index), references, errors);
                }

                index++;
            }

            return;
        }

        if (ReferenceTemplate.TryParse(value.GetString()!, out var template, out var error))
        {
            references.AddRange(template.References.Select(reference => new FoundReference(reference, pointer)));
        }
        else if (errors.Count < MaxErrors)
        {
            errors.Add(error with { Pointer = pointer });
        }
    }
}

/// <summary>A reference and the JSON pointer of the string that holds it.</summary>
internal readonly record struct FoundReference(Reference Reference, string Pointer);
