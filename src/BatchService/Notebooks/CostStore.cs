using BatchService.Batching;
using BatchService.Jobs;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>
/// Computes the costs of a notebook's next entries in one short transaction, oldest first. The notebook's cost row is its lock and its
/// bookmark: a second process finds it taken and goes elsewhere; what is rolled back is computed again, with the same result.
/// </summary>
internal sealed class CostStore(TransactionRunner transactions, NpgsqlDataSource dataSource)
{
    /// <summary>Steps from notebook to notebook in the index of what is due, however many entries each has.</summary>
    private const string FindDue = """
        WITH RECURSIVE due AS (
            (SELECT notebook_id FROM batch.entry WHERE cost_computed_at IS NULL AND notebook_id > $1 ORDER BY notebook_id LIMIT 1)
            UNION ALL
            SELECT (SELECT e.notebook_id
                    FROM batch.entry e
                    WHERE e.cost_computed_at IS NULL AND e.notebook_id > due.notebook_id
                    ORDER BY e.notebook_id
                    LIMIT 1)
            FROM due
            WHERE due.notebook_id IS NOT NULL)
        SELECT notebook_id FROM due WHERE notebook_id IS NOT NULL LIMIT $2
        """;

    /// <summary>The notebook first: it is not deleted meanwhile.</summary>
    private const string Begin = """
        WITH n AS MATERIALIZED (SELECT id FROM batch.notebook WHERE id = $1 FOR KEY SHARE SKIP LOCKED)
        INSERT INTO batch.notebook_cost (notebook_id, position, terms, weights)
        SELECT id, 0, '{}', '{}' FROM n
        ON CONFLICT (notebook_id) DO NOTHING
        """;

    private const string Lock = "SELECT position, terms, weights FROM batch.notebook_cost WHERE notebook_id = $1 FOR UPDATE SKIP LOCKED";

    private static readonly string Read = $"""
        SELECT e.id, e.causal_position, left(e.content, {TermVector.MaxCharacters}), e.revision_of IS NOT NULL,
               cardinality(e."references") > 0 OR e.fragment_of IS NOT NULL,
               (SELECT count(DISTINCT r.id)::integer
                FROM unnest(array_append(e."references", e.fragment_of)) AS r(id)
                WHERE r.id IS NOT NULL
                  AND (EXISTS (SELECT FROM batch.entry o
                               WHERE o.notebook_id = $1 AND o.revision_of = r.id AND o.causal_position < e.causal_position)
                       OR NOT EXISTS (SELECT FROM batch.entry o WHERE o.notebook_id = $1 AND o.id = r.id)))
        FROM batch.entry e
        WHERE e.notebook_id = $1 AND e.causal_position > $2 AND e.causal_position <= $3
        ORDER BY e.causal_position
        """;

    private const string WriteCosts = """
        UPDATE batch.entry e
        SET integration_cost = c.cost, cost_components = c.components::jsonb, cost_computed_at = now()
        FROM unnest($2::uuid[], $3::float8[], $4::text[]) AS c(id, cost, components)
        WHERE e.notebook_id = $1 AND e.id = c.id
        """;

    private const string WriteCatalog = "UPDATE batch.notebook_cost SET position = $2, terms = $3, weights = $4 WHERE notebook_id = $1";

    /// <summary>Notebooks with entries whose cost is not computed, in the order of their ids.</summary>
    public async Task<IReadOnlyList<Guid>> FindDueAsync(Guid after, int count, CancellationToken cancellationToken)
    {
        await using var batch = Statement.Together(dataSource, Statement.Of(FindDue, after, count));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var due = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken))
            due.Add(reader.GetGuid(0));
        return due;
    }

    /// <summary>How many costs were computed: 0 when there are none to compute, or another process is at it.</summary>
    public async Task<int> ComputeAsync(Guid notebook, int maxEntries, CancellationToken cancellationToken)
    {
        var (_, computed) = await transactions.RunAsync(
            JobSystem.Caller,
            hook: null,
            immediateConstraints: false,
            async (open, token) =>
            {
                await open.BeginAsync(token);
                var count = await ComputeAsync(open.Connection, notebook, maxEntries, token);
                return new TransactionVerdict<int>(count > 0, count, []);
            },
            cancellationToken);
        return computed;
    }

    private static async Task<int> ComputeAsync(
        NpgsqlConnection connection, Guid notebook, int maxEntries, CancellationToken cancellationToken)
    {
        if (await LockAsync(connection, notebook, cancellationToken) is not { } state)
            return 0;
        var entries = new List<CostEntry>();
        await using (var batch = Statement.Together(
            connection,
            Statement.Of(Read, notebook, state.Position - IntegrationCost.MaxNeighbours, state.Position + maxEntries)))
        {
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                entries.Add(new CostEntry(
                    reader.GetGuid(0), reader.GetInt64(1), reader.GetString(2), reader.GetBoolean(3), reader.GetBoolean(4), reader.GetInt32(5)));
            }
        }
        var (costs, next) = CostRun.Measure(entries, state);
        if (costs.Count == 0)
            return 0;
        await using var writes = Statement.Together(
            connection,
            Statement.Of(
                WriteCosts,
                notebook,
                costs.Select(cost => cost.Id).ToArray(),
                costs.Select(cost => cost.Cost.Total).ToArray(),
                costs.Select(cost => cost.Cost.ToJson()).ToArray()),
            Statement.Of(WriteCatalog, notebook, next.Position, next.Catalog.Terms.ToArray(), next.Catalog.Weights.ToArray()));
        await writes.ExecuteNonQueryAsync(cancellationToken);
        return costs.Count;
    }

    private static async Task<CostState?> LockAsync(NpgsqlConnection connection, Guid notebook, CancellationToken cancellationToken)
    {
        await using var batch = Statement.Together(connection, Statement.Of(Begin, notebook), Statement.Of(Lock, notebook));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new CostState(reader.GetInt64(0), new TermVector(reader.GetFieldValue<string[]>(1), reader.GetFieldValue<double[]>(2)))
            : null;
    }
}
