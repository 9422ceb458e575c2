using Npgsql;

namespace BatchService.Batching;

/// <summary>
/// One statement over one or more items of a batch, and how to read its answer. A set either has the effect of all its items or,
/// when the statement fails, none; a failing set of several items is divided until every bad item is found.
/// </summary>
internal abstract class WriteSet
{
    /// <summary>On whose behalf: decides the claims that row security sees.</summary>
    public required Caller Caller { get; init; }

    /// <summary>
    /// The statement runs as the caller's database role, where it has one; true for statements on entities, false for those on the
    /// service's own tables, which no other role may touch.
    /// </summary>
    public virtual bool RunsAsCaller => false;

    /// <summary>How many items the set holds.</summary>
    public abstract int Count { get; }

    /// <summary>What fails as a whole may succeed in the form of <see cref="ToDivided"/>, or its bad items be found by it.</summary>
    public virtual bool IsDivisible => Count > 1;

    /// <summary>The index in the request of the item at <paramref name="position"/> of the set.</summary>
    public abstract int IndexOf(int position);

    /// <summary>The statement; it gives exactly one result set.</summary>
    public abstract NpgsqlBatchCommand ToCommand();

    /// <summary>Reads that result set to its end.</summary>
    public abstract Task<SetAnswer> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken);

    /// <summary>The error of the item at <paramref name="position"/>, with its index and, where it can be told, the place in the request.</summary>
    public abstract Error Blame(int position, Error error);

    /// <summary>
    /// Of a single item that writes several rows: a set in which each row stands for itself, to find out which one is bad. Null otherwise.
    /// </summary>
    public virtual WriteSet? Apart() => null;

    /// <summary>The same statement over some of the items, in that order.</summary>
    public virtual WriteSet Pick(IReadOnlyList<int> positions) => throw new NotSupportedException("A set of one item is not divided.");

    /// <summary>The same work in the form that <see cref="DividedWrite"/> runs piece by piece inside the server.</summary>
    public virtual DividedStatement ToDivided() => throw new NotSupportedException("A set of one item is not divided.");

    /// <summary>The outcome of one item that a piece completed, from what the divided statement returned for it.</summary>
    public virtual ItemOutcome ReadDivided(int position, byte[]? row, string? result) =>
        throw new NotSupportedException("A set of one item is not divided.");
}

/// <summary>What a set's statement answered.</summary>
/// <param name="Outcomes">One for each item, in order; empty when <paramref name="Inexact"/>.</param>
/// <param name="Inexact">The statement ran but does not tell the items apart (a key twice, a trigger that swallowed a row): divide.</param>
/// <param name="MustRollBack">A failed item left effects behind (too many rows touched), so the statement must be undone.</param>
internal sealed record SetAnswer(IReadOnlyList<ItemOutcome> Outcomes, bool Inexact = false, bool MustRollBack = false)
{
    public static readonly SetAnswer NotExact = new([], Inexact: true);
}

/// <summary>A statement over <c>$1</c> (jsonb): a JSON array of some of the items.</summary>
/// <param name="Sql">Gives one row: the rows' JSON (text[]) and their results (text[]), in order.</param>
/// <param name="Items">Each as JSON.</param>
internal sealed record DividedStatement(string Sql, string[] Items);
