using BatchService.DatabaseTests.Rows;
using Npgsql;

namespace BatchService.DatabaseTests.Frames;

/// <summary>Several processes of the service on one database, which end as processes do.</summary>
public sealed class AtlasProcessTests
{
    [Fact]
    public async Task Processes_share_one_rebuild_and_all_have_it()
    {
        await using var world = await World.CreateAsync();
        await using var first = await world.StartAsync();
        await using var second = await world.StartAsync();
        using var client1 = ClientOf(first);
        using var client2 = ClientOf(second);

        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => AtlasReply.RebuildAsync(i % 2 == 0 ? client1 : client2)));

        Assert.Equal(1, await world.NumberAsync("fence"));
        Assert.Equal(20, await world.NumberAsync("built"));
        Assert.Single(replies.Select(reply => reply.Body.ToJsonString()).Distinct(StringComparer.Ordinal));
        Assert.Equal((2, 1), (replies[0].Nodes.Count, replies[0].Edges.Count));
    }

    [Fact]
    public async Task A_request_whose_process_is_killed_is_met_by_another_process()
    {
        await using var world = await World.CreateAsync();
        await using var first = await world.StartAsync("Atlas:DebounceMilliseconds=3000");
        using var client1 = ClientOf(first);
        var lost = AtlasReply.RebuildAsync(client1);
        await RowsWait.UntilAsync(async () => await world.NumberAsync("requested") == 1);
        await first.KillAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => lost);

        await using var second = await world.StartAsync();

        await AtlasDatabase.UntilBuiltAsync(world.Database.DataSource, 1);
        using var client2 = ClientOf(second);
        Assert.Equal(2, (await AtlasReply.GetAsync(client2)).Nodes.Count);
    }

    [Fact]
    public async Task The_atlas_survives_a_restart_without_the_frames()
    {
        await using var world = await World.CreateAsync();
        string built;
        await using (var first = await world.StartAsync())
        {
            using var client1 = ClientOf(first);
            built = (await AtlasReply.RebuildAsync(client1)).Body.ToJsonString();
            await first.KillAsync();
        }
        await AtlasDatabase.ScalarAsync(world.Database.DataSource, "DELETE FROM batch.frame");

        await using var second = await world.StartAsync();
        using var client2 = ClientOf(second);

        Assert.Equal(built, (await AtlasReply.GetAsync(client2)).Body.ToJsonString());
    }

    [Fact]
    public async Task A_call_that_waits_when_the_service_is_stopped_still_gets_its_atlas()
    {
        await using var world = await World.CreateAsync();
        await using var service = await world.StartAsync("Atlas:DebounceMilliseconds=2000");
        using var client = ClientOf(service);
        var waiting = AtlasReply.RebuildAsync(client);
        await RowsWait.UntilAsync(async () => await world.NumberAsync("requested") == 1);

        await service.SignalAsync("TERM");
        var reply = await waiting;
        await service.WaitForExitAsync();

        Assert.Equal((200, 2), (reply.Status, reply.Nodes.Count));
        Assert.Equal(0, service.ExitCode);
    }

    [Fact]
    public async Task A_process_that_is_stopped_while_it_builds_leaves_the_rebuild_to_others_at_once()
    {
        await using var world = await World.CreateAsync();
        await using var connection = await world.Database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        // Reading the frames waits for this lock.
        await using (var command = new NpgsqlCommand("LOCK TABLE batch.frame IN ACCESS EXCLUSIVE MODE", connection, transaction))
            await command.ExecuteNonQueryAsync();
        await using var first = await world.StartAsync("Database:LockTimeout=00:01:00", "Atlas:LeaseSeconds=3600");
        await world.RequestAsync();
        await RowsWait.UntilAsync(async () => await world.NumberAsync("claimed") == 1);

        await first.SignalAsync("TERM");
        await first.WaitForExitAsync();

        Assert.Equal(0, first.ExitCode);
        await transaction.RollbackAsync();
        await using var second = await world.StartAsync();
        await AtlasDatabase.UntilBuiltAsync(world.Database.DataSource, 1);
        Assert.Equal(2, await world.NumberAsync("version"));
    }

    [Fact]
    public async Task A_client_that_goes_away_in_the_midst_of_a_page_is_no_error()
    {
        await using var world = await World.CreateAsync();
        await AtlasDatabase.ScalarAsync(
            world.Database.DataSource,
            """
            INSERT INTO batch.frame (id, "timestamp", branch, module_scope, content, words, created_at, updated_at, created_by)
            SELECT 'frame-' || number, '2026-01-01T00:00:00Z', 'main', '{}', '{}', '', now(), now(), 'test'
            FROM generate_series(1, 2000) AS number
            """);
        await using var service = await world.StartAsync();
        using var client = ClientOf(service);
        await AtlasReply.RebuildAsync(client, "?limit=1");

        for (var i = 0; i < 5; i++)
        {
            using var response = await client.GetAsync(
                new Uri("/atlas?limit=500000", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
            await using var body = await response.Content.ReadAsStreamAsync();
            await body.ReadExactlyAsync(new byte[100_000]);
        }

        Assert.Equal(200, (await AtlasReply.GetAsync(client, "?limit=1")).Status);
        await service.SignalAsync("TERM");
        await service.WaitForExitAsync();
        Assert.Equal(0, service.ExitCode);
        Assert.DoesNotContain("\"Level\":\"Error\"", service.Output, StringComparison.Ordinal);
    }

    private static HttpClient ClientOf(ServiceProcess service) => new() { BaseAddress = service.Address };

    /// <summary>A database with two frames, for any number of processes.</summary>
    private sealed class World(TestDatabase database) : IAsyncDisposable
    {
        public TestDatabase Database => database;

        public static async Task<World> CreateAsync()
        {
            var database = await (await PostgresServer.OfThisRunAsync()).CreateDatabaseAsync(DatabaseTemplate.Empty);
            await AtlasDatabase.AddFrameAsync(database.DataSource, "a", "2026-01-01T00:00:00Z", "main");
            await AtlasDatabase.AddFrameAsync(database.DataSource, "b", "2026-01-01T00:00:01Z", "main");
            return new World(database);
        }

        public async Task<ServiceProcess> StartAsync(params string[] settings)
        {
            var service = await ServiceProcess.StartAsync([$"ConnectionStrings:Batch={database.ConnectionString}", .. settings]);
            Assert.True(service.Address is not null, service.Output);
            return service;
        }

        /// <summary>Asks for a rebuild as a process does that dies then.</summary>
        public Task<object?> RequestAsync() => AtlasDatabase.ScalarAsync(
            database.DataSource,
            """
            INSERT INTO batch.atlas (id, requested, claimed, built, first_at, due_at, fence, version, frame_count, edge_count)
            VALUES (1, 1, 0, 0, clock_timestamp(), clock_timestamp(), 0, 0, 0, 0)
            """);

        public Task<long> NumberAsync(string column) => AtlasDatabase.NumberAsync(database.DataSource, column);

        public ValueTask DisposeAsync() => database.DisposeAsync();
    }
}
