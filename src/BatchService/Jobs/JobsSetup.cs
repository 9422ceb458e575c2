using System.Net;
using BatchService.Batching;

namespace BatchService.Jobs;

/// <summary>Registers what runs in the background on behalf of callers.</summary>
internal static class JobsSetup
{
    public static IServiceCollection AddJobs(this IServiceCollection services)
    {
        services.AddOptions<WebhookOptions>().BindConfiguration(WebhookOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<WebhookResolver>(Dns.GetHostAddressesAsync);
        services.AddSingleton<WebhookSender>();
        services.AddSingleton<WebhookStore>();
        services.AddHostedService<WebhookDelivery>();
        services.AddHostedService<WebhookPruning>();
        services.AddOptions<JobOptions>().BindConfiguration(JobOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddShownLimits<JobOptions>(options =>
        [
            ("max_running_jobs", options.MaxRunningPerCaller), ("max_job_items", options.MaxItems),
            ("max_atomic_job_items", options.MaxAtomicItems), ("max_job_bytes", options.MaxBytes),
        ]);
        services.AddSingleton<JobTypes>();
        services.AddSingleton<JobItems>();
        services.AddSingleton<JobItemReader>();
        services.AddSingleton<JobWatch>();
        services.AddSingleton<JobDoorEndpoints>();
        services.AddSingleton<JobMetrics>();
        services.AddSingleton<JobRunner>();
        services.AddSingleton<JobEnding>();
        services.AddSingleton<JobSubmission>();
        services.AddSingleton<JobSignal>();
        services.AddHostedService(provider => provider.GetRequiredService<JobSignal>());
        services.AddHostedService<JobWorker>();
        services.AddHostedService<JobUpkeep>();
        return services;
    }
}
