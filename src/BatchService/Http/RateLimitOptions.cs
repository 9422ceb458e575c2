using System.ComponentModel.DataAnnotations;

namespace BatchService.Http;

/// <summary>How many operations a caller may send. Section <c>RateLimit</c>; counted by each process for itself.</summary>
internal sealed class RateLimitOptions
{
    public const string Section = "RateLimit";

    private const int DefaultOperationsPerSecond = 20_000;

    /// <summary>
    /// Operations a second that one caller may send on average; 0: no limit. Without a value 20,000, and no limit under Auth:Mode=None,
    /// where everyone is the same caller.
    /// </summary>
    [Range(0, 10_000_000)]
    public int? OperationsPerSecond { get; set; }

    /// <summary>Operations that a caller may send at once after a rest. A call with more takes all of them.</summary>
    [Range(1, 100_000_000)]
    public int Burst { get; set; } = 100_000;

    /// <summary>The limit in force; 0: none.</summary>
    public int LimitOf(AuthMode mode) => OperationsPerSecond ?? (mode == AuthMode.None ? 0 : DefaultOperationsPerSecond);
}
