using BatchService.Batching;

namespace BatchService.Notebooks;

/// <summary>The failures of notebooks, with the texts that existing clients match on.</summary>
internal static class NotebookErrors
{
    /// <summary>Also for a notebook that the caller may not see, or may not do this with.</summary>
    public static Error NotebookNotFound(Guid id) => new(ErrorCodes.NotFound, $"Notebook {id} not found");

    public static Error EntryNotFound(Guid id) => new(ErrorCodes.NotFound, $"Entry {id} not found");

    public static Error JobNotFound(Guid id) => new(ErrorCodes.NotFound, $"Job {id} not found");

    /// <summary>An id in the address that is no UUID cannot be the id of anything.</summary>
    public static readonly Error NothingHere = new(ErrorCodes.NotFound, "There is nothing at this address.");

    public static readonly Error ClaimsAlreadySet = new(ErrorCodes.UniqueViolation, "claims already set or entry not found");

    public static readonly Error JobNotClaimed = new(ErrorCodes.JobStateConflict, "Job not claimed by this worker");

    public static Error EntryExists(string pointer) =>
        new(ErrorCodes.UniqueViolation, "An entry of the notebook has this entry_id already", pointer);

    public static Error EntryTwice(string pointer) =>
        new(ErrorCodes.DuplicateInBatch, "An earlier entry of the batch has the same entry_id", pointer);

    public static Error NotAnId(string pointer) => new(ErrorCodes.FieldInvalid, "A reference must be a UUID", pointer);

    public static Error NotInNotebook(string pointer, bool inBatch = true) => new(
        ErrorCodes.FieldInvalid,
        inBatch ? "The id names no entry of this notebook, nor an earlier one of the batch" : "The id names no entry of this notebook",
        pointer);
}
