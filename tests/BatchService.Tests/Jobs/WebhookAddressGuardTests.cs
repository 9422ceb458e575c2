using System.Net;
using System.Net.Sockets;
using BatchService.Jobs;

namespace BatchService.Tests.Jobs;

public sealed class WebhookAddressGuardTests
{
    private static readonly WebhookOptions _production = new();

    [Theory]
    [InlineData("8.8.8.8", "10.0.0.1")]
    [InlineData("127.0.0.1", "8.8.8.8")]
    [InlineData("2606:4700::1", "::1")]
    [InlineData("2606:4700::1", "8.8.8.8", "169.254.169.254")]
    public async Task Refuses_a_host_that_has_one_inner_address_among_public_ones(params string[] addresses) =>
        await Assert.ThrowsAsync<WebhookAddressException>(() => Guard(addresses).ResolveAsync("hooks.test", CancellationToken.None));

    [Fact]
    public async Task Gives_the_addresses_of_a_host_that_has_only_public_ones() => Assert.Equal(
        [IPAddress.Parse("8.8.8.8"), IPAddress.Parse("2606:4700::1")],
        await Guard("8.8.8.8", "2606:4700::1").ResolveAsync("hooks.test", CancellationToken.None));

    [Fact]
    public async Task Says_the_same_of_a_host_that_does_not_exist_and_of_one_that_is_inside()
    {
        var unknown = new WebhookAddressGuard(_production, (_, _) => throw new SocketException((int)SocketError.HostNotFound));

        var texts = new[] { unknown, Guard(), Guard("10.0.0.1") }.Select(async guard =>
            (await Assert.ThrowsAsync<WebhookAddressException>(() => guard.ResolveAsync("hooks.test", CancellationToken.None))).Message);

        Assert.Single((await Task.WhenAll(texts)).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Asks_the_name_service_again_for_every_connection_and_refuses_when_it_has_changed_its_mind()
    {
        using var canary = new Canary();
        var answers = new Queue<string>(["127.0.0.1", "10.0.0.1"]);
        var guard = new WebhookAddressGuard(
            new WebhookOptions { AllowLoopback = true }, (_, _) => Task.FromResult(new[] { IPAddress.Parse(answers.Dequeue()) }));

        await using (await guard.ConnectAsync("hooks.test", canary.Port, CancellationToken.None))
        {
            Assert.Equal(1, await canary.CountAsync());
        }

        await Assert.ThrowsAsync<WebhookAddressException>(
            async () => await guard.ConnectAsync("hooks.test", canary.Port, CancellationToken.None));
        Assert.Empty(answers);
    }

    [Fact]
    public async Task Connects_to_the_checked_address_without_asking_twice()
    {
        using var canary = new Canary();
        var asked = 0;

        // Whoever asked a second time, to connect, would be sent elsewhere.
        var guard = new WebhookAddressGuard(
            new WebhookOptions { AllowLoopback = true },
            (_, _) => Task.FromResult(new[] { IPAddress.Parse(++asked == 1 ? "127.0.0.1" : "169.254.169.254") }));

        await using var stream = await guard.ConnectAsync("hooks.test", canary.Port, CancellationToken.None);

        Assert.Equal(1, asked);
        Assert.Equal(1, await canary.CountAsync());
    }

    [Fact]
    public async Task Tries_the_next_address_when_one_refuses_the_connection()
    {
        using var canary = new Canary();
        var guard = new WebhookAddressGuard(
            new WebhookOptions { AllowLoopback = true },
            (_, _) => Task.FromResult(new[] { IPAddress.Parse("127.0.0.2"), IPAddress.Loopback }));

        await using var stream = await guard.ConnectAsync("hooks.test", canary.Port, CancellationToken.None);

        Assert.Equal(1, await canary.CountAsync());
    }

    private static WebhookAddressGuard Guard(params string[] addresses) =>
        new(_production, (_, _) => Task.FromResult(addresses.Select(IPAddress.Parse).ToArray()));
}
