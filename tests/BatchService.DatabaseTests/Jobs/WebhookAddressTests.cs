using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace BatchService.DatabaseTests.Jobs;

/// <summary>Where webhooks do not go, seen by somebody who listens there.</summary>
public sealed class WebhookAddressTests : IAsyncLifetime
{
    private readonly WebhookWorld _world = new();

    public Task InitializeAsync() => _world.InitializeAsync();

    public Task DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [InlineData("http://127.0.0.1:{0}/?token=sesame", "A webhook's URL must begin with https://.")]
    [InlineData("https://127.0.0.1:{0}/?token=sesame", "A webhook must not go to a loopback, private, link-local or reserved address.")]
    [InlineData("https://hooks.attacker.test:{0}/?token=sesame", "The host could not be resolved to addresses that webhooks may go to.")]
    public async Task Connects_to_no_blocked_address_and_notes_a_failure_that_tells_nothing(string form, string reason)
    {
        using var canary = new TcpListener(IPAddress.Loopback, 0);
        canary.Start();
        _world.StartService(ResolveAsync, ("Webhooks:AllowLoopback", "false"), ("Webhooks:MaxAttempts", "2"));

        var id = await _world.AddAsync(string.Format(null, form, ((IPEndPoint)canary.LocalEndpoint).Port));

        Assert.Equal(new WebhookState("failed", 2, null, reason), await _world.UntilDoneAsync(id));
        Assert.False(canary.Pending());
    }

    [Fact]
    public async Task Delivers_to_no_one_whose_certificate_is_not_trusted()
    {
        using var certificate = SelfSigned();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var bytes = ReceiveAsync(listener, certificate);
        _world.StartService(("Webhooks:MaxAttempts", "1"));

        var id = await _world.AddAsync($"https://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/");

        Assert.Equal(
            new WebhookState(
                "failed", 1, null, "No secure connection to the receiver: its certificate or its TLS version is not acceptable."),
            await _world.UntilDoneAsync(id));
        Assert.Equal(0, await bytes);
    }

    [Theory]
    [InlineData("Webhooks:Secret", "whsec_c2VzYW1l")]
    [InlineData("Webhooks:Secret", "sesame")]
    [InlineData("Webhooks:FirstRetryDelay", "00:00:00")]
    [InlineData("Webhooks:MaxAttempts", "0")]
    public async Task Does_not_start_with_a_setting_that_cannot_be(string key, string value)
    {
        await using var service = await ServiceProcess.StartAsync($"ConnectionStrings:Batch={_world.ConnectionString}", $"{key}={value}");

        Assert.Equal(1, service.ExitCode);
        Assert.Contains(key.Split(':')[1], service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VzYW1l", service.Output, StringComparison.Ordinal);
    }

    /// <summary>Every name is this machine, as a name service of the attacker's says.</summary>
    private static Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
        Task.FromResult<IPAddress[]>([IPAddress.Loopback]);

    /// <summary>How many bytes came through the secure connection, if there ever is one.</summary>
    private static async Task<int> ReceiveAsync(TcpListener listener, X509Certificate2 certificate)
    {
        try
        {
            using var client = await listener.AcceptTcpClientAsync();
            await using var secure = new SslStream(client.GetStream());
            await secure.AuthenticateAsServerAsync(certificate);
            return await secure.ReadAsync(new byte[1]);
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException)
        {
            return 0;
        }
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
