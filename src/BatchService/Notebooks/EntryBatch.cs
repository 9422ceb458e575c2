using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Notebooks;

/// <summary>Entries that are written together, and what the request named as their author.</summary>
/// <param name="IsBatch">False: the body is the one entry itself.</param>
internal sealed record EntryBatch(IReadOnlyList<EntryDraft> Entries, string? StatedAuthor, bool IsBatch)
{
    public const int MaxAuthorLength = 255;

    /// <summary>The body of <c>POST /notebooks/{id}/batch</c>.</summary>
    public static EntryBatch Parse(JsonElement body, List<Error> errors, NotebookOptions options)
    {
        var fields = new FieldReader(body, "", errors);
        var list = fields.Raw("entries");
        var author = fields.Text("author", required: false, MaxAuthorLength, mayBeEmpty: true);
        fields.RefuseOthers();
        if (body.ValueKind != JsonValueKind.Object)
            return new EntryBatch([], author, IsBatch: true);

        // First of all errors: their texts are what existing clients look for.
        if (list.ValueKind == JsonValueKind.Undefined || (list.ValueKind == JsonValueKind.Array && list.GetArrayLength() == 0))
            errors.Insert(0, new Error(ErrorCodes.BatchEmpty, "entries array is empty", "/entries"));
        else if (list.ValueKind != JsonValueKind.Array)
            fields.Invalid("entries", "must be an array of objects");
        else if (list.GetArrayLength() > options.MaxBatch)
            errors.Insert(0, new Error(ErrorCodes.BatchTooLarge, $"batch size exceeds limit of {options.MaxBatch} entries", "/entries"));
        else
            return new EntryBatch(ReadAll(list, errors, options), author, IsBatch: true);
        return new EntryBatch([], author, IsBatch: true);
    }

    /// <summary>The body of a single entry, or of a revision.</summary>
    public static EntryBatch ParseOne(JsonElement body, List<Error> errors, NotebookOptions options)
    {
        var fields = new FieldReader(body, "", errors);
        var entry = EntryDraft.Read(fields, options.MaxContentLength, errors);
        var author = fields.Text("author", required: false, MaxAuthorLength, mayBeEmpty: true);
        fields.RefuseOthers();
        var batch = new EntryBatch([entry], author, IsBatch: false);
        errors.AddRange(batch.SelfReferences());
        return batch;
    }

    private string PointerTo(int index) => IsBatch ? $"/entries/{index}" : "";

    /// <summary>Every id that the database must be asked about: what is named, and what the entries want to be called.</summary>
    public IEnumerable<Guid> Ids() =>
        Enumerable.Range(0, Entries.Count).SelectMany(Names).Select(name => name.Id)
            .Concat(Entries.Select(entry => entry.Id).OfType<Guid>());

    /// <summary>
    /// What is wrong with the batch in a notebook that holds <paramref name="existing"/> of the <see cref="Ids"/>; in request order.
    /// </summary>
    public IReadOnlyList<Error> Check(IReadOnlySet<Guid> existing)
    {
        var errors = new List<Error>();
        var earlier = new HashSet<Guid>();
        for (var index = 0; index < Entries.Count; index++)
        {
            foreach (var (_, pointer) in Names(index).Where(name => !existing.Contains(name.Id) && !earlier.Contains(name.Id)))
                errors.Add(NotebookErrors.NotInNotebook(pointer, IsBatch) with { Index = IsBatch ? index : null });
            if (Entries[index].Id is not { } own)
                continue;
            earlier.Add(own);
            if (existing.Contains(own))
                errors.Add(NotebookErrors.EntryExists($"{PointerTo(index)}/entry_id") with { Index = IsBatch ? index : null });
        }
        return errors;
    }

    private static List<EntryDraft> ReadAll(JsonElement list, List<Error> errors, NotebookOptions options)
    {
        var entries = new List<EntryDraft>(list.GetArrayLength());
        var ids = new HashSet<Guid>();
        foreach (var element in list.EnumerateArray())
        {
            var index = entries.Count;
            var wrong = new List<Error>();
            var fields = new FieldReader(element, $"/entries/{index}", wrong);
            var entry = EntryDraft.Read(fields, options.MaxContentLength, wrong);
            fields.RefuseOthers();
            if (entry.Id is { } id && !ids.Add(id))
                wrong.Add(NotebookErrors.EntryTwice(fields.PlaceOf("entry_id")));
            errors.AddRange(wrong.Select(error => error with { Index = index }));
            entries.Add(entry);
        }
        var batch = new EntryBatch(entries, null, IsBatch: true);
        errors.AddRange(batch.SelfReferences());
        return entries;
    }

    /// <summary>What names itself or a later entry of the batch can be told without the database.</summary>
    private IEnumerable<Error> SelfReferences()
    {
        var earlier = new HashSet<Guid>();
        var own = Entries.Select(entry => entry.Id).OfType<Guid>().ToHashSet();
        for (var index = 0; index < Entries.Count; index++)
        {
            foreach (var (_, pointer) in Names(index).Where(name => own.Contains(name.Id) && !earlier.Contains(name.Id)))
                yield return NotebookErrors.NotInNotebook(pointer, IsBatch) with { Index = IsBatch ? index : null };
            if (Entries[index].Id is { } mine)
                earlier.Add(mine);
        }
    }

    private IEnumerable<(Guid Id, string Pointer)> Names(int index)
    {
        var entry = Entries[index];
        for (var position = 0; position < entry.References.Count; position++)
            yield return (entry.References[position], $"{PointerTo(index)}/references/{position}");
        if (entry.FragmentOf is { } parent)
            yield return (parent, $"{PointerTo(index)}/fragment_of");
    }
}
