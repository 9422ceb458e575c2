using BatchService.DatabaseTests.Rows;
using Npgsql;

namespace BatchService.DatabaseTests.Frames;

/// <summary>The service with a short debounce, so that a rebuild does not take a second.</summary>
public class AtlasFixture : ServiceFixture
{
    /// <summary>Settings of one test, over those of all.</summary>
    public IDictionary<string, string?> Settings { get; } = new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Atlas:DebounceMilliseconds"] = "100",
        ["Atlas:PollMilliseconds"] = "50",
    };

    /// <summary>Adds a frame, or changes it.</summary>
    public Task AddFrameAsync(string id, string timestamp, string branch, params string[] modules) =>
        AtlasDatabase.AddFrameAsync(Database, id, timestamp, branch, modules);

    protected override void Configure(IDictionary<string, string?> settings)
    {
        foreach (var (key, value) in Settings)
            settings[key] = value;
    }
}

/// <summary>Frames and the atlas's row, past the service.</summary>
internal static class AtlasDatabase
{
    public static async Task AddFrameAsync(NpgsqlDataSource database, string id, string timestamp, string branch, params string[] modules)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO batch.frame (id, "timestamp", branch, module_scope, content, words, created_at, updated_at, created_by)
            VALUES (@id, @timestamp::timestamptz, @branch, @modules, '{}', '', now(), now(), 'test')
            ON CONFLICT (id) DO UPDATE
            SET "timestamp" = excluded."timestamp", branch = excluded.branch, module_scope = excluded.module_scope
            """);
        command.Parameters.AddWithValue("id", id);
        command.Parameters.AddWithValue("timestamp", timestamp);
        command.Parameters.AddWithValue("branch", branch);
        command.Parameters.AddWithValue("modules", modules);
        await command.ExecuteNonQueryAsync();
    }

    public static async Task<object?> ScalarAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>A number of the atlas's row; 0 while there is none.</summary>
    public static async Task<long> NumberAsync(NpgsqlDataSource database, string column) =>
        (long)(await ScalarAsync(database, $"SELECT {column} FROM batch.atlas") ?? 0L);

    public static Task UntilBuiltAsync(NpgsqlDataSource database, long request) =>
        RowsWait.UntilAsync(async () => await NumberAsync(database, "built") >= request);
}
