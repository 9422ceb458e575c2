using BatchService.Jobs;
using FsCheck;
using FsCheck.Fluent;

namespace BatchService.Tests.Jobs;

public sealed class WebhookAttemptTests
{
    private static readonly WebhookOptions _options = new();

    [Theory]
    [InlineData(200)]
    [InlineData(202)]
    [InlineData(204)]
    [InlineData(299)]
    public void A_2xx_is_delivered(int status) =>
        Assert.Equal(
            new WebhookOutcome("delivered", TimeSpan.Zero, status, null), WebhookAttempt.Answered(status).After(1, _options, 0.5));

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public void Everything_else_is_tried_again_until_the_fifth(int status)
    {
        Assert.All([1, 2, 3, 4], attempt => Assert.Equal("pending", WebhookAttempt.Answered(status).After(attempt, _options, 0.5).State));

        var last = WebhookAttempt.Answered(status).After(5, _options, 0.5);
        Assert.Equal("failed", last.State);
        Assert.Equal(status, last.Status);
        Assert.Contains($"{status}", last.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_410_fails_at_once() => Assert.Equal("failed", WebhookAttempt.Answered(410).After(1, _options, 0.5).State);

    [Fact]
    public void Goes_on_at_once_when_the_process_stops()
    {
        var outcome = WebhookAttempt.Stopped.After(2, _options, 0.5);

        Assert.Equal(("pending", TimeSpan.Zero), (outcome.State, outcome.Pause));
    }

    [Fact]
    public void Pauses_5_s_25_s_2_minutes_and_10_minutes()
    {
        var pauses = Enumerable.Range(1, 4).Select(attempt => WebhookBackOff.After(attempt, _options.FirstRetryDelay, 0.5).TotalSeconds);

        Assert.Equal([5, 25, 125, 625], pauses);
    }

    [Fact]
    public void Spreads_a_pause_by_a_tenth_and_never_waits_longer_than_a_night() => Prop.ForAll(
        Gen.Choose(1, 20).Zip(Gen.Choose(10, 3_600_000)).Zip(Gen.Choose(0, 999)).ToArbitrary(),
        given =>
        {
            var ((attempt, milliseconds), chance) = given;
            var first = TimeSpan.FromMilliseconds(milliseconds);
            var exact = Math.Min(first.TotalSeconds * Math.Pow(5, attempt - 1), 6 * 3600);
            var pause = WebhookBackOff.After(attempt, first, chance / 1000.0).TotalSeconds;
            return pause >= (0.9 * exact) - 1e-6 && pause <= (1.1 * exact) + 1e-6;
        }).QuickCheckThrowOnFailure();
}
