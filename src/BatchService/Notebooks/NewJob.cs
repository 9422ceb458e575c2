using System.Text.Json;
using BatchService.Batching;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>A job that is asked for by <c>POST /notebooks/{id}/jobs</c>.</summary>
/// <param name="Payload">JSON, given to the worker as it was sent.</param>
/// <param name="Entries">The entries that the payload names, with their places in the body.</param>
internal sealed record NewJob(string JobType, string Payload, IReadOnlyList<(Guid Id, string Pointer)> Entries)
{
    private const string Insert = """
        INSERT INTO batch.notebook_job (notebook_id, id, job_type, payload, created, max_retries)
        VALUES ($1, $2, $3, $4::jsonb, $5, $6)
        RETURNING payload::text, created
        """;

    /// <summary>Every type needs the entry that its result goes to; the rest of the payload is between client and workers.</summary>
    public static NewJob Parse(JsonElement body, List<Error> errors)
    {
        var fields = new FieldReader(body, "", errors);
        var type = fields.Choice("job_type", required: true, NotebookJobTypes.All);
        var payload = fields.Raw("payload");
        if (payload.ValueKind == JsonValueKind.Undefined)
            fields.Missing("payload");
        fields.RefuseOthers();
        if (type is null || payload.ValueKind == JsonValueKind.Undefined)
            return new NewJob("", "{}", []);
        var members = new FieldReader(payload, "/payload", errors);
        var entries = new List<(Guid, string)>();
        Add("entry_id");
        if (type == NotebookJobTypes.CompareClaims)
        {
            Add("compare_against_id");
            ReadClaims("claims_a");
            ReadClaims("claims_b");
        }
        else if (type == NotebookJobTypes.DistillClaims)
        {
            members.Text("content", required: true, int.MaxValue, mayBeEmpty: true);
        }
        return new NewJob(type, payload.GetRawText(), entries);

        void Add(string name)
        {
            if (payload.ValueKind == JsonValueKind.Object && members.Id(name, required: true) is { } id)
                entries.Add((id, members.PlaceOf(name)));
        }

        void ReadClaims(string name) => Claim.ReadAll(members.Raw(name), members.PlaceOf(name), strict: false, errors);
    }

    public async Task<WriteResult> WriteAsync(
        NpgsqlConnection connection, Guid notebook, string subject, int maxRetries, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await RefusalsAsync(connection, notebook, subject, cancellationToken) is { Count: > 0 } refusals)
            return WriteResult.Refused(refusals);
        var id = OrderedIds.Make(1, now)[0];
        await using var batch = Statement.Together(connection, Statement.Of(Insert, notebook, id, JobType, Payload, now, maxRetries));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var (payload, created) = (reader.GetString(0), reader.GetFieldValue<DateTimeOffset>(1));
        return WriteResult.Done(StoredAnswer.Json(201, NotebookJson.Object(writer =>
        {
            writer.WriteString("id", id);
            writer.WriteString("job_type", JobType);
            writer.WriteString("status", JobStatuses.Pending);
            writer.WriteJson("payload", payload);
            writer.WriteTime("created", created);
        })));
    }

    private async Task<IReadOnlyList<Error>> RefusalsAsync(
        NpgsqlConnection connection, Guid notebook, string subject, CancellationToken cancellationToken)
    {
        await using var batch = Statement.Together(
            connection,
            Statement.Of($"{NotebookAccess.Select(AccessTier.ReadWrite)} FOR KEY SHARE OF n", notebook, subject),
            Statement.Of(
                "SELECT id FROM batch.entry WHERE notebook_id = $1 AND id = ANY ($2)",
                notebook,
                Entries.Select(entry => entry.Id).ToArray()));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return [NotebookErrors.NotebookNotFound(notebook)];
        await reader.NextResultAsync(cancellationToken);
        var existing = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellationToken))
            existing.Add(reader.GetGuid(0));
        return [.. Entries.Where(entry => !existing.Contains(entry.Id)).Select(entry => NotebookErrors.NotInNotebook(entry.Pointer, inBatch: false))];
    }
}
