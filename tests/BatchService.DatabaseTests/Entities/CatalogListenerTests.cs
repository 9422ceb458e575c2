using System.Threading.Channels;
using BatchService.Data;
using BatchService.Entities;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace BatchService.DatabaseTests.Entities;

public sealed class CatalogListenerTests(NastySchema schema) : IClassFixture<NastySchema>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly Channel<Catalog> _reads = Channel.CreateUnbounded<Catalog>();

    [Fact]
    public async Task Reads_again_on_notify_and_after_losing_its_connection()
    {
        var reader = schema.Reader(new EntitiesOptions());
        var cache = new CatalogCache(
            async cancellationToken =>
            {
                var catalog = await reader.ReadAsync(cancellationToken);
                await _reads.Writer.WriteAsync(catalog, cancellationToken);
                return catalog;
            },
            TimeProvider.System);
        using var listener = new CatalogListener(
            new NotificationListener(schema.DataSource, TimeProvider.System, NullLogger<NotificationListener>.Instance), cache);
        await listener.StartAsync(CancellationToken.None);

        // The first read follows LISTEN: from here on nothing is missed.
        Assert.False((await NextAsync()).TryGet("brand_new", out _));
        await ExecuteAsync("CREATE TABLE brand_new (id integer); NOTIFY batch_catalog");
        Assert.True((await NextAsync()).TryGet("brand_new", out _));

        await ExecuteAsync("DROP TABLE brand_new");
        await ExecuteAsync(
            """
            SELECT pg_terminate_backend(pid)
            FROM pg_stat_activity
            WHERE datname = current_database() AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()
            """);
        Assert.False((await NextAsync()).TryGet("brand_new", out _));

        await listener.StopAsync(CancellationToken.None);
        Assert.True(listener.ExecuteTask!.IsCompletedSuccessfully);
    }

    private async Task<Catalog> NextAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        return await _reads.Reader.ReadAsync(patience.Token);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = await schema.DataSource.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
