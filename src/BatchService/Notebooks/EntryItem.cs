using BatchService.Batching;

namespace BatchService.Notebooks;

/// <summary>An entry that is to be written, and its index in the request.</summary>
internal sealed record EntryItem(int Index, EntryDraft Draft) : IBatchItem
{
    /// <summary>Reads an item as an entry of a batch is read.</summary>
    public static EntryItem Read(ItemInput input, string pointer, int maxContentLength, List<Error> errors)
    {
        var fields = new FieldReader(input.Json, pointer, errors);
        var draft = EntryDraft.Read(fields, maxContentLength, errors);
        fields.RefuseOthers();
        return new EntryItem(input.Index, draft);
    }
}

/// <summary>Where entries go, and on whose behalf.</summary>
/// <param name="MaxRetries">Of the jobs that the entries make.</param>
/// <param name="RevisionOf">The entry that the (one) entry revises.</param>
internal sealed record EntryTarget(Guid NotebookId, string Subject, string? StatedAuthor, int MaxRetries, Guid? RevisionOf = null);

/// <summary>An entry with the ids that it and its job get.</summary>
internal sealed record PlacedEntry(EntryItem Item, Guid Id, Guid JobId, DateTimeOffset Created);
