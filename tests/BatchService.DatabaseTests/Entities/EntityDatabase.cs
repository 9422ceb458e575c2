using Npgsql;

namespace BatchService.DatabaseTests.Entities;

/// <summary>Looks at a test's database, past the service.</summary>
internal static class EntityDatabase
{
    public static async Task ExecuteAsync(this NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Every row in PostgreSQL's row form, without the brackets, joined by blanks.</summary>
    public static async Task<string> RowsAsync(this NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand($"SELECT (x.*)::text FROM ({sql}) AS x");
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(reader.GetString(0)[1..^1]);
        return string.Join(' ', rows);
    }
}
