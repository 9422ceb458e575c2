using System.Net;
using System.Text;
using BatchService.Jobs;
using Microsoft.Extensions.Options;

namespace BatchService.Tests.Jobs;

/// <summary>Attempts at what must not be reached, with a canary there that would see them.</summary>
public sealed class WebhookSenderTests
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /// <summary>
    /// Ways to write this machine's address that one reader or another of URLs takes for it. Names that are none are resolved by
    /// the test to loopback, as a name service of the attacker's would.
    /// </summary>
    public static TheoryData<string> Hosts { get; } =
    [
        "localhost", "LOCALHOST", "localhost.", "a.localhost", "localhost.localdomain", "loopback", "ip6-localhost", "hooks.attacker.test",
        "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "127.127.127.127", "0", "0.0.0.0", "0x0", "00000000000",
        "2130706433", "017700000001",
        "0x7f000001", "0x7F.0x0.0x0.0x1", "0x7f.1", "0177.0.0.1", "0177.0.0.01", "00000177.0.0.1", "0x7f.0.0.0x1",
        "127.0x0.0.1", "127.000.000.001",
        "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000::1]", "[::0.0.0.1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
        "[::ffff:0:127.0.0.1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::127.0.0.1]",
        "[2002:7f00:1::]", "[2002:7f00:0001::1]", "[2001:0:7f00:1::]", "[2001:0:0:0:0:0:80ff:fffe]", "[fe80::1]",
        "[fe80::1%25lo]", "[fec0::1]",
        "[::1%25lo]", "①②⑦.⓪.⓪.①", "１２７.０.０.１", "127。0。0。1", "127｡0｡0｡1", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "%31%32%37.0.0.1",
        "127.0.0.1%00.example.com", "127.0.0.1%2f",
        "example.com@127.0.0.1", "example.com:x@127.0.0.1", "127.0.0.1@example.com", "@127.0.0.1",
        "example.com\\@127.0.0.1", "127.0.0.1\\.example.com",
        "127.0.0.1\t", " 127.0.0.1", "127.0.0.1\r\nx:", "127.0.0.1#.example.com", "127.0.0.1?.example.com", "127.0.0.1/.example.com",
        "example.com#@127.0.0.1", "[::ffff:127.0.0.1]@example.com", "1.1.1.1 &@127.0.0.1", "127.0.0.1:80:80",
        "xn--localhost", "lo\u00ADcalhost",
    ];

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task No_packet_reaches_this_machine(string host)
    {
        using var canary = new Canary();
        using var sender = Sender(new WebhookOptions { Secret = Secret }, ResolveAsync);
        foreach (var url in new[] { $"https://{host}:{canary.Port}/", $"http://{host}:{canary.Port}/", $"https://{host}/:{canary.Port}/" })
        {
            var attempt = await sender.SendAsync(Webhook(url), CancellationToken.None);

            Assert.NotNull(attempt.Error);
            Assert.Null(attempt.Status);
            Assert.DoesNotContain("127", attempt.Error, StringComparison.Ordinal);
        }

        Assert.Equal(0, await canary.CountAsync());
    }

    /// <summary>What the theory above rests on: where it is allowed, the canary does see an attempt.</summary>
    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("2130706433")]
    public async Task A_packet_reaches_this_machine_where_loopback_is_allowed(string host)
    {
        using var canary = new Canary();
        using var sender = Sender(new WebhookOptions { Secret = Secret, AllowLoopback = true }, ResolveAsync);

        var attempt = await sender.SendAsync(Webhook($"http://{host}:{canary.Port}/"), CancellationToken.None);

        Assert.Equal(1, await canary.CountAsync());
        Assert.Equal("The receiver broke the connection off, or its answer is not HTTP.", attempt.Error);
    }

    [Fact]
    public async Task A_name_that_is_public_first_and_inner_later_is_refused_later()
    {
        using var canary = new Canary();
        var answers = new Queue<string>(["127.0.0.1", "169.254.169.254", "127.0.0.1"]);
        using var sender = Sender(
            new WebhookOptions { Secret = Secret, AllowLoopback = true },
            (_, _) => Task.FromResult(new[] { IPAddress.Parse(answers.Dequeue()) }));
        var webhook = Webhook($"https://hooks.attacker.test:{canary.Port}/");

        await sender.SendAsync(webhook, CancellationToken.None);
        var second = await sender.SendAsync(webhook, CancellationToken.None);

        Assert.Equal(1, await canary.CountAsync());
        Assert.Equal("The host could not be resolved to addresses that webhooks may go to.", second.Error);
        Assert.Single(answers);
    }

    [Fact]
    public async Task Says_that_there_is_no_connection_without_the_address()
    {
        int port;
        using (var canary = new Canary())
        {
            port = canary.Port;
        }

        using var sender = Sender(new WebhookOptions { Secret = Secret, AllowLoopback = true }, ResolveAsync);

        var attempt = await sender.SendAsync(Webhook($"http://localhost:{port}/"), CancellationToken.None);

        Assert.Equal(WebhookAttempt.Failed("No connection to the receiver."), attempt);
    }

    [Fact]
    public async Task Sends_nothing_without_a_secret()
    {
        using var canary = new Canary();
        using var sender = Sender(new WebhookOptions { AllowLoopback = true }, ResolveAsync);

        var attempt = await sender.SendAsync(Webhook($"http://127.0.0.1:{canary.Port}/"), CancellationToken.None);

        Assert.Equal("Webhooks need Webhooks:Secret to be configured.", attempt.Error);
        Assert.Equal(0, await canary.CountAsync());
    }

    [Fact]
    public void Writes_the_body_with_the_data_as_it_was_given() => Assert.Equal(
        """{"id":"msg_1","event":"job.completed","timestamp":"2026-11-21T10:00:00.5Z","data":{ "name": "é", "n": 1.0 }}""",
        Encoding.UTF8.GetString(WebhookBody.Write(Webhook("https://example.com/") with
        {
            Data = Encoding.UTF8.GetBytes("""{ "name": "é", "n": 1.0 }"""),
        })));

    private static Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken) =>
        Task.FromResult<IPAddress[]>([IPAddress.TryParse(name, out var address) ? address : IPAddress.Loopback]);

    private static WebhookSender Sender(WebhookOptions options, WebhookResolver resolve) =>
        new(Options.Create(options), resolve, TimeProvider.System);

    private static DueWebhook Webhook(string url) => new(
        "msg_1", url, "host", "job.completed", "{}"u8.ToArray(), new DateTimeOffset(2026, 11, 21, 10, 0, 0, 500, TimeSpan.Zero), 1, 1);
}
