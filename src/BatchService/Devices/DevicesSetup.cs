using BatchService.Batching;
using BatchService.Jobs;

namespace BatchService.Devices;

/// <summary>Registers what devices and proofs need.</summary>
internal static class DevicesSetup
{
    public static IServiceCollection AddDevices(this IServiceCollection services)
    {
        services.AddOptions<DevicesOptions>()
            .BindConfiguration(DevicesOptions.Section)
            .ValidateDataAnnotations()
            .Validate(options => options.RenewDays < options.TokenDays, "Devices:RenewDays must be less than Devices:TokenDays.")
            .ValidateOnStart();
        services.AddOptions<ProofsOptions>().BindConfiguration(ProofsOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<Lookups>();
        services.AddKind<EnrollmentItem, Enrollments>();
        services.AddKind<ProofLockItem, ProofLocks>();
        services.AddSingleton<ItemKind<LookupItem>>(provider => provider.GetRequiredService<Lookups>());
        services.AddSingleton<JobType, ItemKindJobType<LookupItem>>();
        services.AddHostedService<ProofSealer>();
        return services;
    }

    private static void AddKind<TItem, TKind>(this IServiceCollection services)
        where TItem : IBatchItem
        where TKind : ItemKind<TItem>
    {
        services.AddSingleton<ItemKind<TItem>, TKind>();
        services.AddSingleton<JobType, ItemKindJobType<TItem>>();
    }
}
