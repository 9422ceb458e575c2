using System.Text;
using BatchService.Jobs;

namespace BatchService.Tests.Jobs;

public sealed class WebhookSignatureTests
{
    /// <summary>The example of the Standard Webhooks libraries; the signature was computed by another implementation of HMAC.</summary>
    [Fact]
    public void Signs_id_time_and_body_as_other_implementations_do()
    {
        Assert.True(WebhookSignature.TryReadSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", out var key));

        var signature = WebhookSignature.Sign(
            key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, Encoding.UTF8.GetBytes("""{"test": 2432232314}"""));

        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", signature);
    }

    [Theory]
    [InlineData(24)]
    [InlineData(32)]
    [InlineData(64)]
    public void Reads_a_secret_of_24_to_64_bytes(int bytes)
    {
        var expected = Enumerable.Range(1, bytes).Select(number => (byte)number).ToArray();

        Assert.True(WebhookSignature.TryReadSecret("whsec_" + Convert.ToBase64String(expected), out var key));
        Assert.Equal(expected, key);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(23)]
    [InlineData(65)]
    public void Refuses_a_secret_that_is_too_short_or_too_long(int bytes) =>
        Assert.False(WebhookSignature.TryReadSecret("whsec_" + Convert.ToBase64String(new byte[bytes]), out _));

    [Theory]
    [InlineData("")]
    [InlineData("whsec_")]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa_-")]
    [InlineData("whsec_not base64 at all, but long enough!")]
    public void Refuses_what_is_not_the_prefix_and_base64(string secret) => Assert.False(WebhookSignature.TryReadSecret(secret, out _));
}
