using BatchService.Jobs;

namespace BatchService.Attestations;

/// <summary>Registers what attestations need.</summary>
internal static class AttestationsSetup
{
    public static IServiceCollection AddAttestations(this IServiceCollection services)
    {
        services.AddOptions<AttestationsOptions>().BindConfiguration(AttestationsOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<AttestationQuery>();
        services.AddSingleton<AttestationBatches>();
        services.AddSingleton<JobType, AttestationJobType>();
        services.AddSingleton<JobType, AttestationDeleteJobType>();
        services.AddSingleton<JobType, AttestationQueryJobType>();
        return services;
    }
}
