using BatchService.Jobs;

namespace BatchService.Tests.Jobs;

public sealed class WebhookUrlTests
{
    private static readonly WebhookOptions _production = new() { Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };

    private static readonly WebhookOptions _development = new() { Secret = _production.Secret, AllowLoopback = true };

    private static readonly WebhookOptions _intranet = new() { Secret = _production.Secret, AllowPrivateNetworks = true };

    [Theory]
    [InlineData("https://example.com")]
    [InlineData("https://example.com/hooks?key=1&x=%20")]
    [InlineData("HTTPS://EXAMPLE.com:8443/@me")]
    [InlineData("https://93.184.215.14/")]
    [InlineData("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/")]
    [InlineData("https://bücher.example/")]
    public void Lets_public_https_through(string url) => Assert.Null(WebhookUrl.Check(url, _production));

    [Theory]
    [InlineData("")]
    [InlineData("/hooks")]
    [InlineData("example.com/hooks")]
    [InlineData("//example.com/hooks")]
    [InlineData("https:example.com")]
    [InlineData("https:/example.com")]
    [InlineData("https://")]
    [InlineData("https:///hooks")]
    [InlineData("https://?x")]
    [InlineData("https://example.com:0/")]
    [InlineData("https://example.com:65536/")]
    [InlineData("https://example.com:x/")]
    [InlineData("https:\\\\example.com")]
    [InlineData("https://example.com\\@10.0.0.1/")]
    [InlineData(" https://example.com")]
    [InlineData("https://example.com/ x")]
    [InlineData("https://example.com/\r\nHost: a")]
    [InlineData("https://example.com/\0")]
    [InlineData("http://example.com/")]
    [InlineData("ftp://example.com/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://example.com/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("ws://example.com/")]
    public void Refuses_what_is_not_absolute_https(string url) =>
        Assert.Contains("https://", Refusal(url, _production), StringComparison.Ordinal);

    [Theory]
    [InlineData("https://user@example.com/")]
    [InlineData("https://user:password@example.com/")]
    [InlineData("https://@example.com/")]
    [InlineData("https://example.com:x@10.0.0.1/")]
    public void Refuses_a_user(string url)
    {
        var refusal = Refusal(url, _production);

        Assert.Equal("A webhook's URL must not carry a user or password.", refusal);
    }

    [Theory]
    [InlineData("https://example.com/#a")]
    [InlineData("https://example.com#")]
    public void Refuses_a_fragment(string url) => Assert.Contains("fragment", Refusal(url, _production), StringComparison.Ordinal);

    [Fact]
    public void Takes_2048_characters_and_no_more()
    {
        var longest = "https://example.com/".PadRight(2_048, 'a');

        Assert.Null(WebhookUrl.Check(longest, _production));
        Assert.Contains("2048", Refusal(longest + "a", _production), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://localhost/")]
    [InlineData("https://LOCALHOST./")]
    [InlineData("https://hooks.localhost/")]
    [InlineData("https://127.0.0.1/")]
    [InlineData("https://127.1/")]
    [InlineData("https://2130706433/")]
    [InlineData("https://0x7f000001/")]
    [InlineData("https://0177.0.0.1/")]
    [InlineData("https://[::1]/")]
    [InlineData("https://10.0.0.1/")]
    [InlineData("https://192.168.1.1/")]
    [InlineData("https://169.254.169.254/latest/meta-data/")]
    [InlineData("https://[fd00:ec2::254]/")]
    [InlineData("https://[::ffff:10.0.0.1]/")]
    public void Refuses_inner_addresses_at_once_where_the_url_shows_them(string url) => Assert.Equal(
        "A webhook must not go to a loopback, private, link-local or reserved address.", Refusal(url, _production));

    [Theory]
    [InlineData("http://localhost:5000/")]
    [InlineData("http://127.0.0.1:5000/")]
    [InlineData("http://[::1]:5000/")]
    [InlineData("https://localhost/")]
    [InlineData("https://example.com/")]
    public void Lets_loopback_through_by_http_too_in_development(string url) => Assert.Null(WebhookUrl.Check(url, _development));

    [Theory]
    [InlineData("http://example.com/")]
    [InlineData("http://localhost.example.com/")]
    [InlineData("https://10.0.0.1/")]
    [InlineData("https://0.0.0.0/")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    public void Lets_nothing_else_through_in_development(string url) => Assert.NotNull(WebhookUrl.Check(url, _development));

    [Fact]
    public void Lets_private_networks_through_where_they_are_allowed_but_not_by_http()
    {
        Assert.Null(WebhookUrl.Check("https://10.0.0.1/", _intranet));
        Assert.NotNull(WebhookUrl.Check("http://10.0.0.1/", _intranet));
        Assert.NotNull(WebhookUrl.Check("https://127.0.0.1/", _intranet));
        Assert.NotNull(WebhookUrl.Check("https://169.254.169.254/", _intranet));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Refuses_every_url_without_a_secret(string? secret) => Assert.Equal(
        "Webhooks need Webhooks:Secret to be configured.", Refusal("https://example.com/", new WebhookOptions { Secret = secret }));

    [Fact]
    public void Never_repeats_the_url_in_a_refusal() =>
        Assert.DoesNotContain("sesame", Refusal("https://user:sesame@example.com/", _production), StringComparison.Ordinal);

    private static string Refusal(string url, WebhookOptions options)
    {
        var error = WebhookUrl.Check(url, options);
        Assert.NotNull(error);
        Assert.Equal("FIELD_INVALID", error.Code.Name);
        return error.Detail;
    }
}
