using BatchService.Data;

namespace BatchService.Entities;

/// <summary>Re-reads the catalog when someone says <c>NOTIFY batch_catalog</c>: a hint that saves the next request a round trip.</summary>
internal sealed class CatalogListener(NotificationListener listener, CatalogCache cache) : BackgroundService
{
    public const string Channel = "batch_catalog";

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        listener.RunAsync(Channel, (_, token) => cache.RefreshAsync(TimeSpan.Zero, token), stoppingToken);
}
