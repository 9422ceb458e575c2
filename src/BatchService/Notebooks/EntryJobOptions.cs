using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Notebooks;

/// <summary>The options of a job of entries.</summary>
/// <param name="StatedAuthor">What the request names as author; informational.</param>
/// <param name="Atomic">All entries or none; otherwise each for itself.</param>
internal sealed record EntryJobOptions(Guid NotebookId, string? StatedAuthor, bool Atomic)
{
    public static EntryJobOptions Read(JsonElement options, List<Error> errors)
    {
        var fields = new FieldReader(options, "/options", errors);
        var read = new EntryJobOptions(
            fields.Id("notebook_id", required: true) ?? Guid.Empty,
            fields.Text("author", required: false, EntryBatch.MaxAuthorLength, mayBeEmpty: true),
            fields.Flag("atomic") ?? false);
        fields.RefuseOthers();
        return read;
    }
}
