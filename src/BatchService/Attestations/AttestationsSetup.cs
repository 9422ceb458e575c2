using BatchService.Batching;
using BatchService.Jobs;

namespace BatchService.Attestations;

/// <summary>Registers what attestations need.</summary>
internal static class AttestationsSetup
{
    public static IServiceCollection AddAttestations(this IServiceCollection services)
    {
        services.AddOptions<AttestationsOptions>().BindConfiguration(AttestationsOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(new ShownLimits(
        [
            ("max_attestations", AttestationLimits.MaxCommands), ("max_attestation_chunk", AttestationLimits.MaxChunkSize),
            ("max_attestation_filters", AttestationLimits.MaxFilters), ("max_attestations_found", AttestationLimits.MaxLimit),
        ]));
        services.AddSingleton<AttestationQuery>();
        services.AddSingleton<AttestationBatches>();
        services.AddSingleton<JobType, AttestationJobType>();
        services.AddSingleton<JobType, AttestationDeleteJobType>();
        services.AddSingleton<JobType, AttestationQueryJobType>();
        return services;
    }
}
