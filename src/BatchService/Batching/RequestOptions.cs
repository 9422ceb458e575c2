namespace BatchService.Batching;

/// <summary>How far a dry run goes.</summary>
internal enum Validation
{
    None,
    Static,
    Execute,
}

/// <summary>The <c>options</c> of a batch request.</summary>
/// <param name="Representation">Answer with the rows; false: only with what became of the items.</param>
/// <param name="OnlyFailed">List only what did not complete.</param>
internal sealed record RequestOptions(
    bool Atomic = true, bool ContinueOnError = false, Validation Validate = Validation.None, bool Representation = true, bool OnlyFailed = false)
{
    public BatchMode Mode => new(Atomic, ContinueOnError, Validate == Validation.Execute);
}
