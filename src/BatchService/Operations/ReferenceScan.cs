using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Operations;

/// <summary>The references in a value of the request, and the malformed ones as errors; equal strings count once.</summary>
internal sealed record ReferenceScan(IReadOnlyList<FoundReference> References, IReadOnlyList<Error> Errors)
{
    // A body of nothing but malformed references must not grow into a million errors.
    private const int MaxErrors = 100;

    private const int MaxReferences = 100_000;

    private static readonly ReferenceScan None = new([], []);

    /// <summary>Looks into string values at any depth, never into keys; <paramref name="pointer"/> is the value's place.</summary>
    public static ReferenceScan Collect(JsonElement value, string pointer)
    {
        if (!ReferenceSyntax.MayOccurIn(value))
        {
            return None;
        }

        var references = new List<FoundReference>();
        var errors = new List<Error>();
        Visit(value, pointer, references, errors, new HashSet<string>(StringComparer.Ordinal));
        if (references.Count > MaxReferences)
        {
            errors.Add(new Error(ErrorCodes.ReferenceTooLarge, $"An operation has at most {MaxReferences} different references", pointer));
        }

        return new ReferenceScan(references, errors);
    }

    private static void Visit(JsonElement value, string pointer, List<FoundReference> references, List<Error> errors, HashSet<string> seen)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in value.EnumerateObject().Where(property => ReferenceSyntax.MayOccurIn(property.Value)))
            {
                Visit(property.Value, JsonPointer.Append(pointer, property.Name), references, errors, seen);
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
                    Visit(element, JsonPointer.Append(pointer, index), references, errors, seen);
                }

                index++;
            }

            return;
        }

        var text = value.GetString()!;
        if (references.Count > MaxReferences || seen.Contains(text))
        {
            return;
        }

        if (ReferenceTemplate.TryParse(text, out var template, out var error))
        {
            seen.Add(text);
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
