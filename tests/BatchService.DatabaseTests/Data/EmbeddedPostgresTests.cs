using BatchService.Data;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace BatchService.DatabaseTests.Data;

/// <summary>The embedded server: where it listens, what it keeps, and what does not stop it from starting.</summary>
public sealed class EmbeddedPostgresTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Listens_on_loopback_only_and_keeps_its_durability()
    {
        await using var server = await StartAsync();

        Assert.Equal("127.0.0.1", await AskAsync(server, "SHOW listen_addresses"));
        Assert.Equal("", await AskAsync(server, "SHOW unix_socket_directories"));
        Assert.Equal("on", await AskAsync(server, "SHOW fsync"));
        Assert.Equal("scram-sha-256", await AskAsync(server, "SELECT DISTINCT auth_method FROM pg_hba_file_rules"));
        Assert.Equal("UTF8", await AskAsync(server, "SHOW server_encoding"));
        Assert.Equal("C", await AskAsync(server, "SELECT DISTINCT datcollate::text FROM pg_database"));
    }

    [Fact]
    public async Task Knows_the_letters_of_every_script_and_sorts_by_code_points()
    {
        await using var server = await StartAsync();

        Assert.Equal("über ёлка", await AskAsync(server, "SELECT lower('Über ЁЛКА')"));
        Assert.Equal("yes", await AskAsync(server, "SELECT 'yes' WHERE 'Über' ILIKE 'ÜB%' AND to_tsvector('simple', 'Über') @@ to_tsquery('simple', 'über')"));
        Assert.Equal("Z,a,é", await AskAsync(server, "SELECT string_agg(x, ',' ORDER BY x) FROM unnest('{é,a,Z}'::text[]) AS x"));
    }

    [Fact]
    public async Task Keeps_the_data_when_it_is_stopped_and_started_again()
    {
        await using (var first = await StartAsync())
        {
            await AskAsync(first, "CREATE TABLE kept AS SELECT 'here' AS word");
        }

        await using var second = await StartAsync();
        Assert.Equal("here", await AskAsync(second, "SELECT word FROM kept"));
    }

    [Fact]
    public async Task Refuses_a_second_start_on_the_same_data_and_leaves_the_first_alone()
    {
        await using var first = await StartAsync();

        var refusal = await Assert.ThrowsAsync<StartupException>(StartAsync);

        Assert.Contains("in use by another process", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("1", await AskAsync(first, "SELECT '1'"));
    }

    [Fact]
    public async Task Leaves_no_process_and_no_folder_of_a_temporary_server()
    {
        var server = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresPlan(_folder.Path, Temporary: true),
            NullLogger.Instance,
            CancellationToken.None);
        var processId = server.ProcessId;
        Assert.StartsWith("postgres", ProcessNames.Of(processId), StringComparison.Ordinal);

        await server.DisposeAsync();

        Assert.Null(ProcessNames.Of(processId));
        Assert.False(Directory.Exists(_folder.Path));
    }

    [Fact]
    public async Task Starts_over_after_an_initdb_that_was_cut_short()
    {
        int major;
        await using (var server = await StartAsync())
        {
            major = int.Parse((await AskAsync(server, "SHOW server_version_num"))[..2]);
        }

        File.Delete(Path.Combine(_folder.Path, $"pg{major}", "batchservice-initialized"));
        File.Delete(Path.Combine(_folder.Path, $"pg{major}", "PG_VERSION"));

        await using var again = await StartAsync();
        Assert.Equal("1", await AskAsync(again, "SELECT '1'"));
    }

    [Fact]
    public async Task Starts_although_the_pid_file_of_a_former_server_names_another_program()
    {
        string data;
        await using (var server = await StartAsync())
        {
            data = await AskAsync(server, "SHOW data_directory");
        }

        // This test's own process lives, and is no PostgreSQL.
        await File.WriteAllTextAsync(
            Path.Combine(data, "postmaster.pid"),
            $"{Environment.ProcessId}\n{data}\n1\n1\n\n127.0.0.1\n1 1\nready\n");

        await using var again = await StartAsync();
        Assert.Equal("1", await AskAsync(again, "SELECT '1'"));
    }

    [Fact]
    public async Task Does_not_take_over_a_folder_with_somebody_elses_files()
    {
        Directory.CreateDirectory(_folder.Path);
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "letter.txt"), "Dear Ada");

        var refusal = await Assert.ThrowsAsync<StartupException>(StartAsync);

        Assert.Contains("that are not the service's", refusal.Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    private Task<EmbeddedPostgres> StartAsync() =>
        EmbeddedPostgres.StartAsync(new EmbeddedPostgresPlan(_folder.Path), NullLogger.Instance, CancellationToken.None);

    private static async Task<string> AskAsync(EmbeddedPostgres server, string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync() as string ?? "";
    }
}
