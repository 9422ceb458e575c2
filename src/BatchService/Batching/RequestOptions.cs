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
    /// <summary>Of a job that does not say otherwise: every item for itself.</summary>
    public static readonly RequestOptions OfJobs = new(Atomic: false, ContinueOnError: true);

    /// <summary>All items are written in one transaction, also where it is rolled back in any case; to find those that fail they are read again.</summary>
    public bool IsOneTransaction => Atomic || Validate == Validation.Execute;

    /// <summary>Why a job cannot be asked for with these options; null: it can.</summary>
    public Error? RefusalOfJob => Validate == Validation.None
        ? null
        : new Error(ErrorCodes.FieldInvalid, "Option 'validateOnly' cannot be asked of a job", "/options/validateOnly");

    public BatchMode Mode => new(Atomic, ContinueOnError, Validate == Validation.Execute);
}
