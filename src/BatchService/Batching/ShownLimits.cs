using Microsoft.Extensions.Options;

namespace BatchService.Batching;

/// <summary>Limits in force that <c>GET /batch/capabilities</c> shows, by name; every domain adds its own.</summary>
internal sealed record ShownLimits(IReadOnlyList<(string Name, long Value)> Values);

/// <summary>Adds limits to show.</summary>
internal static class ShownLimitsSetup
{
    public static IServiceCollection AddShownLimits<TOptions>(
        this IServiceCollection services, Func<TOptions, IReadOnlyList<(string Name, long Value)>> read)
        where TOptions : class =>
        services.AddSingleton(provider => new ShownLimits(read(provider.GetRequiredService<IOptions<TOptions>>().Value)));
}
