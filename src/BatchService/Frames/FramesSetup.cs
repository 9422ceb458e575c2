namespace BatchService.Frames;

/// <summary>Registers frames.</summary>
internal static class FramesSetup
{
    public static IServiceCollection AddFrames(this IServiceCollection services)
    {
        services.AddOptions<FramesOptions>().BindConfiguration(FramesOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services
            .AddSingleton(provider => new FrameHooks(
                rebuildAtlas: provider.GetService<AtlasRebuildRequest>(),
                outbox: provider.GetService<FrameWebhookOutbox>(),
                provider.GetRequiredService<ILogger<FrameHooks>>()))
            .AddSingleton<FrameIngestion>()
            .AddSingleton<FrameReads>()
            .AddSingleton<FrameStatistics>();
    }
}
