using BatchService.Batching;
using BatchService.Jobs;

namespace BatchService.Frames;

/// <summary>Registers frames.</summary>
internal static class FramesSetup
{
    public static IServiceCollection AddFrames(this IServiceCollection services)
    {
        services.AddOptions<FramesOptions>().BindConfiguration(FramesOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services
            .AddShownLimits<FramesOptions>(options => [("max_frames", options.MaxBatch)])
            .AddSingleton<AtlasRebuildRequest>(provider => provider.GetRequiredService<AtlasRebuild>().RequestAsync)
            .AddSingleton<FrameHooks>()
            .AddSingleton<FrameIngestion>()
            .AddSingleton<JobType, FrameJobType>()
            .AddSingleton<FrameReads>()
            .AddSingleton<FrameStatistics>();
    }
}
