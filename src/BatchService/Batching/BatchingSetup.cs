using BatchService.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.Batching;

/// <summary>Registers the engine that all doors share.</summary>
internal static class BatchingSetup
{
    /// <summary>Connections that batches leave to the catalog, the health check and whatever reads.</summary>
    private const int Reserve = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static IServiceCollection AddBatching(this IServiceCollection services)
    {
        services.AddOptions<IdempotencyOptions>().BindConfiguration(IdempotencyOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<BatchMetrics>();
        services.AddSingleton(CreateGate);
        services.AddSingleton(provider => SessionSettings.Of(provider.GetRequiredService<IOptions<DatabaseOptions>>().Value));
        services.AddSingleton<TransactionRunner>();
        services.AddSingleton<BatchWriter>();
        services.AddSingleton<IdempotentRun>();
        services.AddSingleton<AtomicWrite>();
        services.AddSingleton<ItemBatchRunner>();
        services.AddHostedService<IdempotencyPruning>();
        services.AddOptions<AuditOptions>().BindConfiguration(AuditOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<AuditLog>();
        services.AddHostedService(provider => provider.GetRequiredService<AuditLog>());
        return services;
    }

    private static ConnectionGate CreateGate(IServiceProvider provider)
    {
        var places = Math.Max(1, provider.GetRequiredService<IOptions<DatabaseOptions>>().Value.MaxPoolSize - Reserve);
        var metrics = provider.GetRequiredService<BatchMetrics>();
        var pool = provider.GetRequiredService<NpgsqlDataSource>();
        var afresh = provider.GetRequiredKeyedService<NpgsqlDataSource>(DatabaseSetup.Afresh);
        var gate = new ConnectionGate(pool, afresh, places, Patience, metrics);
        metrics.ObserveGate(() => gate.Taken, places);
        return gate;
    }
}
