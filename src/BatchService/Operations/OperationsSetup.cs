using BatchService.Jobs;

namespace BatchService.Operations;

/// <summary>Registers what <c>POST /batch</c> needs.</summary>
internal static class OperationsSetup
{
    public static IServiceCollection AddOperations(this IServiceCollection services) =>
        services.AddSingleton<OperationRunner>().AddSingleton<JobType, OperationJobType>();
}
