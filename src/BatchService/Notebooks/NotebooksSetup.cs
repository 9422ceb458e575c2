using BatchService.Batching;
using BatchService.Jobs;

namespace BatchService.Notebooks;

/// <summary>Registers notebooks and their work queues.</summary>
internal static class NotebooksSetup
{
    public static IServiceCollection AddNotebooks(this IServiceCollection services)
    {
        services.AddOptions<NotebookOptions>().BindConfiguration(NotebookOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddShownLimits<NotebookOptions>(options =>
            [("max_entries", options.MaxBatch), ("max_claims", Claim.MaxCount), ("max_content_length", options.MaxContentLength)]);
        services.AddSingleton<NotebookReader>();
        services.AddSingleton<EntryReader>();
        services.AddSingleton<EntryPages>();
        services.AddSingleton<NotebookJobSignal>();
        services.AddSingleton<NotebookJobQueue>();
        services.AddSingleton<JobStats>();
        services.AddHostedService<JobHints>();
        services.AddSingleton<EntryLookup>();
        services.AddSingleton<EntryDoorEndpoints>();
        services.AddSingleton<JobType, EntryJobType>();
        services.AddSingleton<CostStore>();
        services.AddHostedService<CostPass>();
        return services;
    }
}
