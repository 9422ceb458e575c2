using System.Text.Json;
using BatchService.Batching;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>Who writes which entries where.</summary>
/// <param name="RevisionOf">The entry that the (one) entry revises.</param>
/// <param name="MaxRetries">Of the jobs that the entries make.</param>
internal sealed record EntryWrite(Guid NotebookId, string Subject, EntryBatch Batch, Guid? RevisionOf, int MaxRetries);

/// <summary>
/// Writes entries, their jobs and the notebook's position in one transaction. Raising the position comes first: its row lock puts
/// concurrent batches in order, so that positions have no gaps, and what is rolled back leaves none.
/// </summary>
internal static class EntryWriter
{
    private const string InsertEntries = """
        INSERT INTO batch.entry (notebook_id, id, causal_position, content, content_type, topic, author, stated_author, created,
                                 revision_of, fragment_of, fragment_index, "references")
        SELECT $1, item.id, $2 + item.ordinal, item.content, item.content_type, item.topic, $3, $4, $5, $6, item.fragment_of,
               item.fragment_index, item.named::uuid[]
        FROM unnest($7::uuid[], $8::text[], $9::text[], $10::text[], $11::uuid[], $12::int[], $13::text[])
             WITH ORDINALITY AS item(id, content, content_type, topic, fragment_of, fragment_index, named, ordinal)
        """;

    private const string InsertJobs = """
        INSERT INTO batch.notebook_job (notebook_id, id, job_type, payload, created, max_retries)
        SELECT $1, item.job_id, 'DISTILL_CLAIMS',
               jsonb_build_object('entry_id', e.id, 'content', e.content, 'context_claims', NULL, 'max_claims', 12), $2, $3
        FROM unnest($4::uuid[], $5::uuid[]) AS item(job_id, entry_id)
        JOIN batch.entry e ON e.notebook_id = $1 AND e.id = item.entry_id
        """;

    public static async Task<WriteResult> WriteAsync(
        NpgsqlConnection connection, EntryWrite write, TimeProvider time, CancellationToken cancellationToken)
    {
        var (ground, refusals) = await PrepareAsync(connection, write, cancellationToken);
        if (ground is null)
            return WriteResult.Refused(refusals);

        // Read under the lock: in one notebook, times and ids follow the positions.
        var now = time.GetUtcNow();
        var made = OrderedIds.Make(write.Batch.Entries.Count, now);
        var ids = write.Batch.Entries.Select((entry, index) => entry.Id ?? made[index]).ToArray();
        await using var batch = Statement.Together(connection, Entries(write, ground, ids, now), Jobs(write, ids, now));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return WriteResult.Done(Answer(write, ground.Position, ids));
    }

    /// <summary>Takes the positions, and looks, under the lock, which of the entries that the request names exist.</summary>
    private static async Task<(Ground? Ground, IReadOnlyList<Error> Refusals)> PrepareAsync(
        NpgsqlConnection connection, EntryWrite write, CancellationToken cancellationToken)
    {
        var take = $"""
            UPDATE batch.notebook n
            SET current_sequence = current_sequence + $3
            WHERE {NotebookAccess.Condition(AccessTier.ReadWrite)}
            RETURNING current_sequence
            """;
        const string look = "SELECT id, topic, content_type FROM batch.entry WHERE notebook_id = $1 AND id = ANY ($2)";
        var count = write.Batch.Entries.Count;
        Guid[] ids = [.. write.Batch.Ids(), .. write.RevisionOf is { } revised ? [revised] : Array.Empty<Guid>()];
        await using var batch = Statement.Together(
            connection, Statement.Of(take, write.NotebookId, write.Subject, count), Statement.Of(look, write.NotebookId, ids));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return (null, [NotebookErrors.NotebookNotFound(write.NotebookId)]);
        var ground = new Ground(reader.GetInt64(0) - count, Topic: null, "text/plain");
        await reader.NextResultAsync(cancellationToken);
        var existing = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            existing.Add(reader.GetGuid(0));
            if (reader.GetGuid(0) == write.RevisionOf)
                ground = ground with { Topic = reader.IsDBNull(1) ? null : reader.GetString(1), ContentType = reader.GetString(2) };
        }
        if (write.RevisionOf is { } id && !existing.Contains(id))
            return (null, [NotebookErrors.EntryNotFound(id)]);
        return write.Batch.Check(existing) is { Count: > 0 } refusals ? (null, refusals) : (ground, []);
    }

    private static NpgsqlBatchCommand Entries(EntryWrite write, Ground ground, Guid[] ids, DateTimeOffset now)
    {
        var entries = write.Batch.Entries;
        return Statement.Of(
            InsertEntries,
            write.NotebookId,
            ground.Position,
            write.Subject,
            write.Batch.StatedAuthor,
            now,
            write.RevisionOf,
            ids,
            entries.Select(entry => entry.Content).ToArray(),
            entries.Select(entry => entry.ContentType ?? ground.ContentType).ToArray(),
            entries.Select(entry => entry.Topic ?? ground.Topic).ToArray(),
            entries.Select(entry => entry.FragmentOf).ToArray(),
            entries.Select(entry => entry.FragmentIndex).ToArray(),
            // Lists of different lengths do not fit into one array of arrays: each goes as its text.
            entries.Select(entry => $"{{{string.Join(',', entry.References)}}}").ToArray());
    }

    private static NpgsqlBatchCommand Jobs(EntryWrite write, Guid[] ids, DateTimeOffset now) =>
        Statement.Of(InsertJobs, write.NotebookId, now, write.MaxRetries, OrderedIds.Make(ids.Length, now), ids);

    private static StoredAnswer Answer(EntryWrite write, long position, Guid[] ids)
    {
        if (write.Batch.IsBatch)
        {
            return StoredAnswer.Json(201, NotebookJson.Object(writer =>
            {
                writer.WriteStartArray("results");
                for (var index = 0; index < ids.Length; index++)
                {
                    writer.WriteStartObject();
                    WriteResultMembers(writer, ids[index], position + index + 1);
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
                writer.WriteNumber("jobs_created", ids.Length);
            })) with
            { Succeeded = ids.Length };
        }

        var body = NotebookJson.Object(writer =>
        {
            WriteResultMembers(writer, ids[0], position + 1);
            if (write.RevisionOf is { } revised)
                writer.WriteString("revision_of", revised);
        });
        return StoredAnswer.Json(201, body) with { Location = $"/notebooks/{write.NotebookId}/entries/{ids[0]}" };
    }

    /// <summary>What a client is told of an entry that was written.</summary>
    public static void WriteResultMembers(Utf8JsonWriter writer, Guid id, long position)
    {
        writer.WriteString("entry_id", id);
        writer.WriteNumber("causal_position", position);

        // Computing it takes a look at the whole notebook; a background pass does.
        writer.WriteNumber("integration_cost", 0);
        writer.WriteString("claims_status", ClaimsStatuses.Pending);
    }

    /// <summary>What the entries build on: the position before them, and what they inherit from a revised entry.</summary>
    private sealed record Ground(long Position, string? Topic, string ContentType);
}
