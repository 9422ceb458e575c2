using BatchService.Batching;

namespace BatchService.Tests.Batching;

public sealed class SuccessRateTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 5, 0)]
    [InlineData(5, 5, 100)]
    [InlineData(1, 3, 33.3)]
    [InlineData(2_000, 2_001, 99.9)]
    [InlineData(1, 2_501, 0.1)]
    [InlineData(999_999, 1_000_000, 99.9)]
    public void Is_100_only_without_a_failure_and_0_only_without_a_success(long successes, long total, double rate) =>
        Assert.Equal(rate, BatchReport.Rate(successes, total));
}
