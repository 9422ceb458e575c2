using Npgsql;

namespace BatchService.Benchmarks;

/// <summary>The usual way to keep good rows in one transaction: a savepoint before every row. Both ways give the rows written.</summary>
internal static class Savepoints
{
    private const string InsertSql =
        "INSERT INTO bench_row (code, track_id, unit_price, quantity) VALUES ($1, $2, 0.99, 1) RETURNING bench_row_id";

    private const string SavepointSql = "SAVEPOINT s";
    private const string ReleaseSql = "RELEASE SAVEPOINT s";
    private const string RollbackSql = "ROLLBACK TO SAVEPOINT s";
    private const int MostPipelined = 100;

    private static readonly BadRow Sample = new("", 1, IsGood: true);

    /// <summary>SAVEPOINT, INSERT, and RELEASE or ROLLBACK TO: three round trips a row.</summary>
    public static async Task<int> OneByOneAsync(
        NpgsqlConnection connection, IReadOnlyList<BadRow> rows, CancellationToken cancellationToken)
    {
        await PrepareAsync(connection, cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var written = 0;
        foreach (var row in rows)
        {
            await ExecuteAsync(SavepointSql);
            try
            {
                await ExecuteAsync(InsertSql, Code(row), Track(row));
                await ExecuteAsync(ReleaseSql);
                written++;
            }
            catch (PostgresException)
            {
                await ExecuteAsync(RollbackSql);
            }
        }

        await transaction.CommitAsync(cancellationToken);
        return written;

        async Task ExecuteAsync(string sql, params NpgsqlParameter[] parameters)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.AddRange(parameters);
            await command.PrepareAsync(cancellationToken);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>The same commands for many rows in one round trip, up to the first bad row; more after a success.</summary>
    public static async Task<int> PipelinedAsync(
        NpgsqlConnection connection, IReadOnlyList<BadRow> rows, CancellationToken cancellationToken)
    {
        await PrepareAsync(connection, cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var (written, next, width, isFailed) = (0, 0, MostPipelined, false);
        while (next < rows.Count || isFailed)
        {
            await using var batch = new NpgsqlBatch(connection, transaction);
            if (isFailed)
                batch.BatchCommands.Add(new NpgsqlBatchCommand(RollbackSql));
            var inserts = new List<NpgsqlBatchCommand>();
            foreach (var row in rows.Skip(next).Take(width))
            {
                inserts.Add(new NpgsqlBatchCommand(InsertSql) { Parameters = { Code(row), Track(row) } });
                batch.BatchCommands.Add(new NpgsqlBatchCommand(SavepointSql));
                batch.BatchCommands.Add(inserts[^1]);
                batch.BatchCommands.Add(new NpgsqlBatchCommand(ReleaseSql));
            }

            try
            {
                await batch.PrepareAsync(cancellationToken);
                await batch.ExecuteNonQueryAsync(cancellationToken);
                written += inserts.Count;
                next += inserts.Count;
                width = Math.Min(width * 2, MostPipelined);
                isFailed = false;
            }
            catch (PostgresException exception)
            {
                var good = inserts.IndexOf(exception.BatchCommand!);
                written += good;
                next += good + 1;
                width = Math.Max(width / 2, 1);
                isFailed = true;
            }
        }

        await transaction.CommitAsync(cancellationToken);
        return written;
    }

    /// <summary>Once for a connection, and outside the transaction: what has failed takes no new statement.</summary>
    private static async Task PrepareAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        foreach (var sql in new[] { SavepointSql, ReleaseSql, RollbackSql, InsertSql })
        {
            await using var command = new NpgsqlCommand(sql, connection);
            if (sql == InsertSql)
                command.Parameters.AddRange(new[] { Code(Sample), Track(Sample) });
            await command.PrepareAsync(cancellationToken);
        }
    }

    private static NpgsqlParameter Code(BadRow row) =>
        new() { Value = row.Code ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Varchar };

    private static NpgsqlParameter<int> Track(BadRow row) => new() { TypedValue = row.Track };
}
