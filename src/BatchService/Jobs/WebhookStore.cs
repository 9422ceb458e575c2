using Npgsql;

namespace BatchService.Jobs;

/// <summary>What a look at the outbox found.</summary>
/// <param name="NextDue">How long until something is due that is not yet; null = nothing is.</param>
internal sealed record WebhookClaim(IReadOnlyList<DueWebhook> Webhooks, TimeSpan? NextDue);

/// <summary>
/// The rows of <c>batch.webhook</c>: claimed, noted and removed in one statement each. Only the database's clock decides. One connection
/// at a time: webhooks must not take the pool from requests.
/// </summary>
internal sealed class WebhookStore(NpgsqlDataSource dataSource) : IDisposable
{
    private const int Piece = 1_000;

    // The clock is asked in a subquery, because a volatile function in the condition itself would keep the index from being used. Due
    // rows are ranked by host before they are locked; the lock looks again whether they are due, for another process may have been faster.
    private const string Claim =
        """
        WITH candidate AS MATERIALIZED (
            SELECT id, host, row_number() OVER (PARTITION BY host ORDER BY due_at) AS place
            FROM (
                SELECT id, host, due_at
                FROM batch.webhook
                WHERE state = 'pending' AND due_at <= (SELECT clock_timestamp()) AND host <> ALL ($5)
                ORDER BY due_at
                LIMIT 256) AS earliest),
        due AS MATERIALIZED (
            SELECT webhook.id
            FROM batch.webhook
            JOIN candidate ON candidate.id = webhook.id
            LEFT JOIN unnest($1, $2) AS busy(host, sending) ON busy.host = candidate.host
            WHERE candidate.place <= $3 - coalesce(busy.sending, 0)
                AND webhook.state = 'pending' AND webhook.due_at <= (SELECT clock_timestamp())
            ORDER BY webhook.due_at
            LIMIT $4
            FOR UPDATE OF webhook SKIP LOCKED)
        UPDATE batch.webhook
        SET attempt = CASE WHEN attempt < $7 THEN attempt + 1 ELSE attempt END, fence = fence + 1, due_at = clock_timestamp() + $6
        FROM due
        WHERE webhook.id = due.id
        RETURNING webhook.id, url, host, event, data, created_at, attempt, fence
        """;

    private const string Next =
        """
        SELECT extract(epoch FROM min(due_at) - clock_timestamp())::double precision
        FROM batch.webhook
        WHERE state = 'pending' AND due_at > (SELECT clock_timestamp())
        """;

    private const string Note =
        """
        UPDATE batch.webhook
        SET state = $3,
            due_at = clock_timestamp() + $4,
            finished_at = CASE WHEN $3 <> 'pending' THEN clock_timestamp() END,
            last_status = $5,
            last_error = $6
        WHERE id = $1 AND fence = $2 AND state = 'pending'
        """;

    private const string Prune =
        """
        DELETE FROM batch.webhook
        WHERE id IN (
            SELECT id
            FROM batch.webhook
            WHERE finished_at < (SELECT clock_timestamp()) - $1
            LIMIT 1000
            FOR UPDATE SKIP LOCKED)
        """;

    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Takes what is due, at most <paramref name="free"/>, and for a host not more than what <paramref name="sending"/> leaves of
    /// <paramref name="perHost"/>.</summary>
    public Task<WebhookClaim> ClaimAsync(
        int free, int perHost, IReadOnlyDictionary<string, int> sending, WebhookOptions options, CancellationToken cancellationToken) =>
        InTurnAsync(
            async connection =>
            {
                string[] full = [.. sending.Where(host => host.Value >= perHost).Select(host => host.Key)];
                await using var batch = new NpgsqlBatch(connection);
                batch.BatchCommands.Add(new NpgsqlBatchCommand(Claim)
                {
                    Parameters =
                    {
                        new NpgsqlParameter<string[]> { TypedValue = [.. sending.Keys] },
                        new NpgsqlParameter<int[]> { TypedValue = [.. sending.Values] },
                        new NpgsqlParameter<int> { TypedValue = perHost },
                        new NpgsqlParameter<int> { TypedValue = free },
                        new NpgsqlParameter<string[]> { TypedValue = full },
                        new NpgsqlParameter<TimeSpan> { TypedValue = options.Lease },
                        new NpgsqlParameter<int> { TypedValue = options.MaxAttempts },
                    },
                });
                batch.BatchCommands.Add(new NpgsqlBatchCommand(Next));
                await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
                var webhooks = new List<DueWebhook>();
                while (await reader.ReadAsync(cancellationToken))
                    webhooks.Add(Read(reader));
                await reader.NextResultAsync(cancellationToken);
                await reader.ReadAsync(cancellationToken);
                var next = await reader.IsDBNullAsync(0, cancellationToken) ? (TimeSpan?)null : TimeSpan.FromSeconds(reader.GetDouble(0));
                return new WebhookClaim(webhooks, next);
            },
            cancellationToken);

    /// <summary>Notes how an attempt ended; false when another process has taken the webhook over. May be repeated.</summary>
    public Task<bool> NoteAsync(DueWebhook webhook, WebhookOutcome outcome, CancellationToken cancellationToken) =>
        InTurnAsync(
            async connection => await ExecuteAsync(
                connection,
                Note,
                cancellationToken,
                new NpgsqlParameter<string> { TypedValue = webhook.Id },
                new NpgsqlParameter<long> { TypedValue = webhook.Fence },
                new NpgsqlParameter<string> { TypedValue = outcome.State },
                new NpgsqlParameter<TimeSpan> { TypedValue = outcome.Pause },
                new NpgsqlParameter<int?> { TypedValue = outcome.Status },
                new NpgsqlParameter<string?> { TypedValue = outcome.Error }) == 1,
            cancellationToken);

    /// <summary>Removes webhooks that were done with so long ago, a bounded number at a time.</summary>
    public async Task PruneAsync(TimeSpan keep, CancellationToken cancellationToken)
    {
        int removed;
        do
        {
            removed = await InTurnAsync(
                connection => ExecuteAsync(connection, Prune, cancellationToken, new NpgsqlParameter<TimeSpan> { TypedValue = keep }),
                cancellationToken);
        }
        while (removed == Piece);
    }

    public void Dispose() => _turn.Dispose();

    private async Task<T> InTurnAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
            return await work(connection);
        }
        finally
        {
            _turn.Release();
        }
    }

    private static async Task<int> ExecuteAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static DueWebhook Read(NpgsqlDataReader reader) => new(
        reader.GetString(0),
        reader.GetString(1),
        reader.GetString(2),
        reader.GetString(3),
        reader.GetFieldValue<byte[]>(4),
        reader.GetFieldValue<DateTimeOffset>(5),
        reader.GetInt32(6),
        reader.GetInt64(7));
}
