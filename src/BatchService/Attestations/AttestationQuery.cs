using System.Runtime.CompilerServices;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Attestations;

/// <summary>Reads attestations, newest first.</summary>
internal sealed class AttestationQuery(NpgsqlDataSource database)
{
    private const string Columns = "id, subjects, predicates, contexts, actors, timestamp, source, attributes::text, created_at";

    /// <summary>One attestation, or null.</summary>
    public async Task<Attestation?> FindAsync(string id, string? owner, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"SELECT {Columns} FROM batch.attestation WHERE id = $1 AND ($2::text IS NULL OR created_by = $2)");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)owner ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    /// <summary>What a filter finds, as it arrives from the database.</summary>
    /// <param name="after">The timestamp and id of the last attestation of the page before.</param>
    public async IAsyncEnumerable<Attestation> FindAsync(
        AttestationFilter filter, (DateTimeOffset Timestamp, string Id)? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand();
        command.CommandText = ToSql(filter, after, command.Parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            yield return Read(reader);
    }

    /// <summary>
    /// Only the conditions that are asked for, so that the planner sees which index serves. Subjects are looked up one by one and before
    /// anything is sorted: PostgreSQL takes each for one row in 200, whatever the rows say, and would rather read the table by time.
    /// </summary>
    public static string ToSql(
        AttestationFilter filter, (DateTimeOffset Timestamp, string Id)? after, NpgsqlParameterCollection parameters)
    {
        var conditions = new List<string>();
        AddList("predicates", filter.Predicates);
        AddList("actors", filter.Actors);
        if (filter.Contexts.Count > 0)
        {
            var folded = Add<string[]>([.. filter.Contexts.Select(AttestationWriteSet.Fold).Distinct(StringComparer.Ordinal)]);
            conditions.Add($"(contexts && {folded} OR contexts_folded && {folded})");
        }
        if (filter.TimeStart is { } start)
            conditions.Add($"timestamp >= {Add(start.UtcDateTime)}");
        if (filter.TimeEnd is { } end)
            conditions.Add($"timestamp <= {Add(end.UtcDateTime)}");
        if (filter.Owner is { } owner)
            conditions.Add($"created_by = {Add(owner)}");
        if (after is { } last)
            conditions.Add($"(timestamp, id) < ({Add(last.Timestamp.UtcDateTime)}, {Add(last.Id)})");
        var limit = Add(filter.Limit);
        if (filter.Subjects.Count > 0)
        {
            var subjects = Add<string[]>([.. filter.Subjects.Distinct(StringComparer.Ordinal)]);
            conditions = [BySubject(subjects, conditions, limit)];
        }
        var sql = new StringBuilder($"SELECT {Columns}\nFROM batch.attestation\n");
        if (conditions.Count > 0)
            sql.Append("WHERE ").AppendJoin("\nAND ", conditions).Append('\n');
        return sql.Append($"ORDER BY timestamp DESC, id DESC\nLIMIT {limit}").ToString();

        void AddList(string column, IReadOnlyList<string> values)
        {
            if (values.Count > 0)
                conditions.Add($"{column} && {Add<string[]>([.. values])}");
        }

        string Add<T>(T value)
        {
            parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
            return $"${parameters.Count}";
        }
    }

    /// <summary>The newest of each subject; an expression is sorted by, which no index has.</summary>
    private static string BySubject(string subjects, IEnumerable<string> conditions, string limit) => $"""
        id = ANY (ARRAY(
            SELECT found.id
            FROM unnest({subjects}) AS asked(subject)
            CROSS JOIN LATERAL (
                SELECT id
                FROM batch.attestation
                WHERE {string.Join(" AND ", conditions.Prepend("subjects @> ARRAY[asked.subject]"))}
                ORDER BY timestamp + interval '0' DESC, id DESC
                LIMIT {limit}) AS found))
        """;

    /// <summary>The row that the reader is at.</summary>
    public static Attestation Read(NpgsqlDataReader reader) => new(
        reader.GetString(0),
        reader.GetFieldValue<string[]>(1),
        reader.GetFieldValue<string[]>(2),
        reader.GetFieldValue<string[]>(3),
        reader.GetFieldValue<string[]>(4),
        reader.GetFieldValue<DateTimeOffset>(5),
        reader.GetString(6),
        reader.IsDBNull(7) ? null : reader.GetString(7),
        reader.GetFieldValue<DateTimeOffset>(8));
}
