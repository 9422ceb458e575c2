using System.Text.Json;
using BatchService.Batching;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Attestations;

/// <summary>An id to delete.</summary>
internal sealed record AttestationId(int Index, string Id, string Pointer) : IBatchItem;

/// <summary>Reads the ids of one batch, once or several times; of two alike the later one is refused.</summary>
internal sealed class AttestationIdReader
{
    private readonly Dictionary<string, int> _firsts = new(StringComparer.Ordinal);

    public AttestationId Read(ItemInput input, string pointer, List<Error> errors)
    {
        var id = input.Json.ValueKind == JsonValueKind.String ? input.Json.GetString() : null;
        if (id is null)
            errors.Add(new Error(ErrorCodes.FieldInvalid, "An id must be a string", pointer));
        else if (!_firsts.TryAdd(id, input.Index) && _firsts[id] != input.Index)
            errors.Add(new Error(ErrorCodes.DuplicateInBatch, "An earlier id of the batch is the same", pointer) { Id = id });
        return new AttestationId(input.Index, id ?? "", pointer);
    }
}

/// <summary>Deletes attestations by id in one statement; an id that is not there fails without effect on the others.</summary>
/// <param name="owner">Whose attestations alone may be deleted; null = everyone's.</param>
internal sealed class AttestationDeleteSet(IReadOnlyList<AttestationId> ids, string? owner) : WriteSet
{
    private const string Whole = """
        WITH w AS (
            DELETE FROM batch.attestation AS t
            WHERE t.id = ANY ($1) AND ($2::text IS NULL OR t.created_by = $2)
            RETURNING t.id)
        SELECT u.ord::integer - 1 FROM unnest($1) WITH ORDINALITY AS u(id, ord) WHERE NOT EXISTS (SELECT FROM w WHERE w.id = u.id)
        """;

    private const string Divided = """
        WITH u AS (SELECT x.r ->> 0 AS id, x.r ->> 1 AS owner, x.ord FROM jsonb_array_elements($1) WITH ORDINALITY AS x(r, ord)),
        w AS (DELETE FROM batch.attestation AS t USING u WHERE t.id = u.id AND (u.owner IS NULL OR t.created_by = u.owner) RETURNING t.id)
        SELECT array_agg(NULL::text), array_agg(CASE WHEN w.id IS NULL THEN 'missing' ELSE 'deleted' END ORDER BY u.ord) FROM u LEFT JOIN w ON w.id = u.id
        """;

    public override int Count => ids.Count;

    public override int IndexOf(int position) => ids[position].Index;

    public override NpgsqlBatchCommand ToCommand() => new(Whole)
    {
        Parameters =
        {
            new NpgsqlParameter<string[]> { TypedValue = [.. ids.Select(id => id.Id)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
            new NpgsqlParameter { Value = (object?)owner ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
        },
    };

    public override async Task<SetAnswer> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var missing = new HashSet<int>();
        while (await reader.ReadAsync(cancellationToken))
            missing.Add(reader.GetInt32(0));
        return new SetAnswer([.. Enumerable.Range(0, Count).Select(position => missing.Contains(position) ? Missing(position) : Deleted(position))]);
    }

    public override Error Blame(int position, Error error) =>
        error with { Pointer = ids[position].Pointer, Index = ids[position].Index, Id = ids[position].Id };

    public override WriteSet Pick(IReadOnlyList<int> positions) =>
        new AttestationDeleteSet([.. positions.Select(position => ids[position])], owner) { Caller = Caller };

    public override DividedStatement ToDivided() => new(
        Divided, [.. ids.Select(id => JsonSerializer.Serialize([id.Id, owner], WireJson.Default.StringArray))]);

    public override ItemOutcome ReadDivided(int position, byte[]? row, string? result) =>
        result == "deleted" ? Deleted(position) : Missing(position);

    private ItemOutcome Deleted(int position) => new(IndexOf(position), ItemStatus.Completed)
    {
        Affected = 1,
        Id = ids[position].Id,
        Rows = [JsonSerializer.SerializeToUtf8Bytes(ids[position].Id)],
    };

    private ItemOutcome Missing(int position) =>
        ItemOutcome.Failed(IndexOf(position), Blame(position, new Error(ErrorCodes.NotFound, "There is no attestation with this id")));
}
