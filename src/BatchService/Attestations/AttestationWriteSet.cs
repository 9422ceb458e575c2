using System.Text.Json;
using BatchService.Batching;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Attestations;

/// <summary>
/// Stores attestations by one statement. What is stored is known before, so the answer is made from it and nothing but the positions of
/// taken ids comes back. A taken id that was generated is replaced and the set written again, in pieces.
/// </summary>
internal sealed class AttestationWriteSet(IReadOnlyList<AttestationItem> items, bool representation) : WriteSet
{
    private const string Columns =
        "id, subjects, predicates, contexts, contexts_folded, actors, timestamp, source, attributes, created_at, created_by";

    private const string Insert = $"""
        INSERT INTO batch.attestation ({Columns})
        SELECT u.id, u.s::text[], u.p::text[], u.c::text[], u.f::text[], u.a::text[], u.t, u.source, u.attributes::jsonb, u.created, u.creator
        """;

    private const string Whole = $"""
        WITH u AS MATERIALIZED (
            SELECT x.*, $10::timestamptz AS created, $11::text AS creator
            FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::text[], $9::text[])
                WITH ORDINALITY AS x(id, s, p, c, f, a, t, source, attributes, ord)),
        w AS ({Insert}
            FROM u
            ON CONFLICT (id) DO NOTHING
            RETURNING id)
        SELECT u.ord::integer - 1 FROM u WHERE (SELECT count(*) FROM w) < $12 AND NOT EXISTS (SELECT FROM w WHERE w.id = u.id) ORDER BY u.ord
        """;

    private const string Divided = $"""
        WITH u AS (
            SELECT x.r ->> 0 AS id, x.r ->> 1 AS s, x.r ->> 2 AS p, x.r ->> 3 AS c, x.r ->> 4 AS f, x.r ->> 5 AS a,
                   (x.r ->> 6)::timestamptz AS t, x.r ->> 7 AS source, x.r ->> 8 AS attributes,
                   (x.r ->> 9)::timestamptz AS created, x.r ->> 10 AS creator
            FROM jsonb_array_elements($1) AS x(r)),
        w AS ({Insert}
            FROM u
            RETURNING id)
        SELECT array_agg(NULL::text), array_agg('created'::text) FROM w
        """;

    private IReadOnlyList<AttestationItem> _items = items;
    private IReadOnlyList<ReadOnlyMemory<byte>>? _json;
    private DividedStatement? _divided;

    public override int Count => _items.Count;

    /// <summary>A generated id that is taken can be replaced.</summary>
    public override bool IsDivisible => Count > 1 || !_items[0].ChoseId;

    public override int IndexOf(int position) => _items[position].Index;

    public override NpgsqlBatchCommand ToCommand()
    {
        var command = new NpgsqlBatchCommand(Whole);
        AddTexts(command, of => of.Id);
        AddTexts(command, of => TextArrayLiteral.Of(of.Subjects));
        AddTexts(command, of => TextArrayLiteral.Of(of.Predicates));
        AddTexts(command, of => TextArrayLiteral.Of(of.Contexts));
        AddTexts(command, of => Folded(of.Contexts));
        AddTexts(command, of => TextArrayLiteral.Of(of.Actors));
        command.Parameters.Add(new NpgsqlParameter<DateTime[]>
        {
            TypedValue = [.. _items.Select(item => item.Attestation.Timestamp.UtcDateTime)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
        });
        AddTexts(command, of => of.Source);
        AddTexts(command, of => of.Attributes);
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = _items[0].Attestation.CreatedAt.UtcDateTime });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Caller.Subject });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = _items.Count });
        return command;
    }

    public override async Task<SetAnswer> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var taken = new HashSet<int>();
        while (await reader.ReadAsync(cancellationToken))
            taken.Add(reader.GetInt32(0));
        if (taken.Any(position => !_items[position].ChoseId))
            return SetAnswer.NotExact;
        return new SetAnswer([.. Enumerable.Range(0, Count).Select(position => taken.Contains(position) ? Taken(position) : Stored(position))]);
    }

    public override Error Blame(int position, Error error)
    {
        var item = _items[position];
        var isId = error.Code == ErrorCodes.UniqueViolation;
        return error with
        {
            Detail = isId ? "There is an attestation with this id already" : error.Detail,
            Pointer = isId ? JsonPointer.Append(item.Pointer, "id") : item.Pointer,
            Index = item.Index,
            Id = item.ChoseId ? item.Attestation.Id : null,
        };
    }

    public override WriteSet Pick(IReadOnlyList<int> positions) =>
        new AttestationWriteSet([.. positions.Select(position => _items[position])], representation) { Caller = Caller };

    public override DividedStatement ToDivided()
    {
        if (_divided is not null)
            return _divided;
        // Whatever made the set fail, generated ids may be part of it, and nobody has seen them.
        _items = [.. _items.Select(item => item.ChoseId ? item : item.Renewed())];
        _json = null;
        return _divided = new DividedStatement(Divided, [.. _items.Select(item => JsonSerializer.Serialize(Cells(item.Attestation), WireJson.Default.StringArray))]);
    }

    public override ItemOutcome ReadDivided(int position, byte[]? row, string? result) => Stored(position);

    private string?[] Cells(Attestation of) =>
    [
        of.Id, TextArrayLiteral.Of(of.Subjects), TextArrayLiteral.Of(of.Predicates), TextArrayLiteral.Of(of.Contexts), Folded(of.Contexts),
        TextArrayLiteral.Of(of.Actors), Rfc3339.Format(of.Timestamp), of.Source, of.Attributes, Rfc3339.Format(of.CreatedAt), Caller.Subject,
    ];

    private ItemOutcome Stored(int position)
    {
        var outcome = new ItemOutcome(IndexOf(position), ItemStatus.Completed) { Affected = 1, Id = _items[position].Attestation.Id };
        return representation ? outcome with { Rows = [(_json ??= AttestationJson.ToBytes(_items))[position]] } : outcome;
    }

    private ItemOutcome Taken(int position) =>
        ItemOutcome.Failed(IndexOf(position), Blame(position, new Error(ErrorCodes.UniqueViolation, "", Constraint: "attestation_pkey")));

    private void AddTexts(NpgsqlBatchCommand command, Func<Attestation, string?> value)
    {
        var texts = new string?[_items.Count];
        for (var position = 0; position < texts.Length; position++)
            texts[position] = value(_items[position].Attestation);
        command.Parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = texts, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
    }

    /// <summary>By the service and not by PostgreSQL, whose lower() depends on the database's locale.</summary>
    private static string? Folded(IReadOnlyList<string> contexts)
    {
        var folded = contexts.Select(Fold).ToList();
        return folded.SequenceEqual(contexts, StringComparer.Ordinal) ? null : TextArrayLiteral.Of(folded);
    }

    /// <summary>Contexts that fold to the same text are the same.</summary>
    public static string Fold(string context) => context.ToLowerInvariant();
}
