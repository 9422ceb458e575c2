using System.Diagnostics;
using BatchService.Batching;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>Who writes which entries where.</summary>
/// <param name="RevisionOf">The entry that the (one) entry revises.</param>
/// <param name="MaxRetries">Of the jobs that the entries make.</param>
internal sealed record EntryWrite(Guid NotebookId, Caller Caller, EntryBatch Batch, Guid? RevisionOf, int MaxRetries);

/// <summary>
/// Writes the entries of a call as those of a job are written, by <see cref="EntryWriteSet"/>, and finds all that is wrong with them
/// before that, each at its place in the request. The notebook's row is locked first: what was found stays true until the commit.
/// </summary>
internal static class EntryWriter
{
    public static async Task<WriteResult> WriteAsync(
        NpgsqlConnection connection, EntryWrite write, TimeProvider time, CancellationToken cancellationToken)
    {
        var (revised, refusals) = await PrepareAsync(connection, write, cancellationToken);
        if (refusals.Count > 0)
            return WriteResult.Refused(refusals);

        // Read under the lock: in one notebook, times and ids follow the positions.
        var now = time.GetUtcNow();
        var target = new EntryTarget(write.NotebookId, write.Caller.Subject, write.Batch.StatedAuthor, write.MaxRetries, write.RevisionOf);
        var items = write.Batch.Entries.Select((entry, index) => new EntryItem(index, Inherit(entry, revised))).ToList();
        var set = EntryWriteSet.Of(items, target, write.Caller, now);
        await using var batch = Statement.Together(connection, set.ToCommand());
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var (outcomes, _, _) = await set.ReadAsync(reader, cancellationToken);
        return outcomes.Count == items.Count && outcomes.All(outcome => outcome.Status == ItemStatus.Completed)
            ? WriteResult.Done(Answer(write, outcomes))
            : throw new UnreachableException("Entries that were checked under the lock were not written.");
    }

    /// <summary>Locks the notebook, and looks, under the lock, which of the entries that the request names exist.</summary>
    private static async Task<(Revised Revised, IReadOnlyList<Error> Refusals)> PrepareAsync(
        NpgsqlConnection connection, EntryWrite write, CancellationToken cancellationToken)
    {
        const string look = "SELECT id, topic, content_type FROM batch.entry WHERE notebook_id = $1 AND id = ANY ($2)";
        Guid[] ids = [.. write.Batch.Ids(), .. write.RevisionOf is { } named ? [named] : Array.Empty<Guid>()];
        await using var batch = Statement.Together(
            connection,
            Statement.Of($"{NotebookAccess.Select(AccessTier.ReadWrite)} FOR NO KEY UPDATE OF n", write.NotebookId, write.Caller.Subject),
            Statement.Of(look, write.NotebookId, ids));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var revised = new Revised(null, null);
        if (!await reader.ReadAsync(cancellationToken))
            return (revised, [NotebookErrors.NotebookNotFound(write.NotebookId)]);
        await reader.NextResultAsync(cancellationToken);
        var existing = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            existing.Add(reader.GetGuid(0));
            if (reader.GetGuid(0) == write.RevisionOf)
                revised = new Revised(reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetString(2));
        }
        return write.RevisionOf is { } id && !existing.Contains(id)
            ? (revised, [NotebookErrors.EntryNotFound(id)])
            : (revised, write.Batch.Check(existing));
    }

    private static EntryDraft Inherit(EntryDraft entry, Revised revised) =>
        entry with { Topic = entry.Topic ?? revised.Topic, ContentType = entry.ContentType ?? revised.ContentType };

    private static StoredAnswer Answer(EntryWrite write, IReadOnlyList<ItemOutcome> outcomes)
    {
        if (!write.Batch.IsBatch)
            return StoredAnswer.Json(201, outcomes[0].Rows[0]) with { Location = $"/notebooks/{write.NotebookId}/entries/{outcomes[0].Id}" };
        var body = NotebookJson.Object(writer =>
        {
            writer.WriteStartArray("results");
            foreach (var outcome in outcomes)
                writer.WriteRawValue(outcome.Rows[0].Span, skipInputValidation: true);
            writer.WriteEndArray();
            writer.WriteNumber("jobs_created", outcomes.Count);
        });
        return StoredAnswer.Json(201, body) with { Succeeded = outcomes.Count };
    }

    /// <summary>What an entry inherits from the one that it revises.</summary>
    private sealed record Revised(string? Topic, string? ContentType);
}
