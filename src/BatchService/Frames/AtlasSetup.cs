namespace BatchService.Frames;

/// <summary>Registers the atlas: <see cref="AtlasRebuild"/> for who asks for one, <see cref="AtlasCache"/> for who reads it.</summary>
internal static class AtlasSetup
{
    public static IServiceCollection AddAtlas(this IServiceCollection services)
    {
        services.AddOptions<AtlasOptions>().BindConfiguration(AtlasOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<AtlasQueue>();
        services.AddSingleton<AtlasStore>();
        services.AddSingleton<AtlasCache>();
        services.AddSingleton<AtlasWaiters>();
        services.AddSingleton<AtlasBuilder>();
        services.AddSingleton<AtlasRebuild>();
        services.AddHostedService<AtlasWorker>();
        return services;
    }
}
