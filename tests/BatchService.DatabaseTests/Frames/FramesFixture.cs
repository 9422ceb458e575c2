namespace BatchService.DatabaseTests.Frames;

/// <summary>The service on an empty database.</summary>
public class FramesFixture : ServiceFixture
{
    /// <summary>How many rows match: <c>batch.frame WHERE branch = 'main'</c>.</summary>
    public async Task<long> CountAsync(string from) => await ReadAsync<long>($"SELECT count(*) FROM {from}");

    /// <summary>The first column of the first row.</summary>
    public async Task<T> ReadAsync<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
