using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Notebooks;

/// <summary>
/// What a worker found out, read by the rules of its job's type. Members that the type does not know are let be: the result is kept whole.
/// </summary>
internal abstract record NotebookJobResult
{
    public const int MaxMeasure = 1_000_000;
    public const int MaxContradictions = 10_000;

    /// <summary>The claims of an entry.</summary>
    internal sealed record Distilled(IReadOnlyList<Claim> Claims) : NotebookJobResult;

    /// <summary>How an entry's claims relate to another's.</summary>
    /// <param name="Contradictions">A JSON array.</param>
    internal sealed record Compared(double Entropy, double Friction, string Contradictions) : NotebookJobResult;

    /// <summary>What an entry is about.</summary>
    internal sealed record Classified(string PrimaryTopic) : NotebookJobResult;

    /// <summary>Reads a result; what is wrong with it is a 422, since the request as such is in order.</summary>
    public static (NotebookJobResult? Result, IReadOnlyList<Error> Errors) Read(string jobType, JsonElement value)
    {
        var errors = new List<Error>();
        var fields = new FieldReader(value, "/result", errors);
        NotebookJobResult result = jobType switch
        {
            NotebookJobTypes.DistillClaims => new Distilled(
                value.ValueKind == JsonValueKind.Object
                    ? Claim.ReadAll(fields.Raw("claims"), "/result/claims", strict: false, errors)
                    : []),
            NotebookJobTypes.CompareClaims => new Compared(
                fields.Number("entropy", required: true, 0, MaxMeasure) ?? 0,
                fields.Number("friction", required: true, 0, MaxMeasure) ?? 0,
                ReadContradictions(fields)),
            NotebookJobTypes.ClassifyTopic => new Classified(fields.Text("primary_topic", required: true, EntryDraft.MaxTopicLength) ?? ""),
            _ => throw new InvalidOperationException("A job has a type that the service does not know."),
        };
        return errors.Count == 0 ? (result, []) : (null, [.. errors.Select(error => error with { Code = ErrorCodes.ValidationFailed })]);
    }

    private static string ReadContradictions(FieldReader fields)
    {
        var value = fields.Raw("contradictions");
        if (value.ValueKind == JsonValueKind.Undefined)
            return "[]";
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > MaxContradictions)
            fields.Invalid("contradictions", $"must be an array of at most {MaxContradictions} elements");
        return value.GetRawText();
    }
}
