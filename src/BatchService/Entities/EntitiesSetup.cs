using BatchService.Jobs;

namespace BatchService.Entities;

/// <summary>Registers the catalog of the database's tables.</summary>
internal static class EntitiesSetup
{
    /// <summary>Needs an <c>NpgsqlDataSource</c> and a <c>TimeProvider</c>; wrong settings fail the start.</summary>
    public static IServiceCollection AddEntities(this IServiceCollection services)
    {
        services.AddOptions<EntitiesOptions>()
            .Configure<IConfiguration>((options, configuration) => options.Read(configuration.GetSection(EntitiesOptions.Section)))
            .ValidateOnStart();
        services.AddSingleton<CatalogReader>();
        services.AddSingleton(provider => new CatalogCache(
            provider.GetRequiredService<CatalogReader>().ReadAsync, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<RowBatchRunner>();
        services.AddSingleton<JobType, RowJobType>();
        services.AddHostedService<CatalogListener>();
        services.AddHostedService<RowSecurityWarning>();
        return services;
    }
}
