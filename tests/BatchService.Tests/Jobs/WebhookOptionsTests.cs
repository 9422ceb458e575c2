using System.ComponentModel.DataAnnotations;
using BatchService.Jobs;

namespace BatchService.Tests.Jobs;

public sealed class WebhookOptionsTests
{
    [Fact]
    public void Starts_without_any_setting() => Assert.Empty(Problems(new WebhookOptions()));

    [Fact]
    public void Names_a_wrong_secret_without_repeating_it()
    {
        var problem = Assert.Single(Problems(new WebhookOptions { Secret = "whsec_sesame" }));

        Assert.Contains("Webhooks:Secret must be", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_times_and_counts_out_of_range()
    {
        Assert.Single(Problems(new WebhookOptions { FirstRetryDelay = TimeSpan.Zero }));
        Assert.Single(Problems(new WebhookOptions { FirstRetryDelay = TimeSpan.FromHours(2) }));
        Assert.Single(Problems(new WebhookOptions { MaxAttempts = 0 }));
        Assert.Single(Problems(new WebhookOptions { TimeoutSeconds = 0 }));
        Assert.Single(Problems(new WebhookOptions { TimeoutSeconds = 61 }));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(60)]
    public void Leases_a_webhook_for_longer_than_an_attempt_takes(int seconds) =>
        Assert.True(new WebhookOptions { TimeoutSeconds = seconds }.Lease >= TimeSpan.FromSeconds(seconds + 5));

    private static List<string> Problems(WebhookOptions options)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        return [.. results.Select(result => result.ErrorMessage!)];
    }
}
