using Npgsql;

namespace BatchService.Notebooks;

/// <summary>SQL with its values, as <c>$1</c>, <c>$2</c> …; null needs a cast where the type cannot be told from its place.</summary>
internal static class Statement
{
    public static NpgsqlBatchCommand Of(string sql, params ReadOnlySpan<object?> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }

    /// <summary>Several statements, sent together.</summary>
    public static NpgsqlBatch Together(NpgsqlConnection connection, params ReadOnlySpan<NpgsqlBatchCommand> commands)
    {
        var batch = connection.CreateBatch();
        foreach (var command in commands)
            batch.BatchCommands.Add(command);
        return batch;
    }

    /// <summary>Several reads, sent together on a connection of the pool.</summary>
    public static NpgsqlBatch Together(NpgsqlDataSource dataSource, params ReadOnlySpan<NpgsqlBatchCommand> commands)
    {
        var batch = dataSource.CreateBatch();
        foreach (var command in commands)
            batch.BatchCommands.Add(command);
        return batch;
    }
}
