using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BatchService.DatabaseTests.Identity;

/// <summary>The service under an OpenID Connect provider of the test's own, on loopback.</summary>
public sealed class AuthorityFixture : ServiceFixture, IAsyncLifetime
{
    private WebApplication? _provider;
    private string _address = "";
    private int _calls;

    /// <summary>What the provider publishes now.</summary>
    internal JsonArray Keys { get; set; } = [];

    /// <summary>False: the provider answers with 500.</summary>
    internal bool IsUp { get; set; } = true;

    /// <summary>How often the provider was asked for keys.</summary>
    internal int Calls => _calls;

    internal RSA Rsa { get; } = RSA.Create(2048);

    internal ECDsa Ec { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>Claims of a token that the provider would give.</summary>
    internal static string Payload => TokenText.Claims().ToJsonString();

    public new async Task InitializeAsync()
    {
        Keys = [TokenText.ToJwk(Rsa, "first"), TokenText.ToJwk(Ec, "curve")];
        await StartProviderAsync();
        await base.InitializeAsync();
    }

    public new async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _provider!.DisposeAsync();
        Rsa.Dispose();
        Ec.Dispose();
    }

    Task IAsyncLifetime.InitializeAsync() => InitializeAsync();

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync();

    protected override void Configure(IDictionary<string, string?> settings)
    {
        settings["Auth:Mode"] = "Jwt";
        settings["Auth:Authority"] = _address;
        settings["Auth:Issuer"] = TokenText.Issuer;
        settings["Auth:Audience"] = TokenText.Audience;
    }

    private async Task StartProviderAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _provider = builder.Build();
        _provider.MapGet("/.well-known/openid-configuration", () => IsUp
            ? Results.Text($$"""{ "issuer": "{{TokenText.Issuer}}", "jwks_uri": "{{_address}}/keys" }""", "application/json")
            : Results.StatusCode(500));
        _provider.MapGet("/keys", () =>
        {
            Interlocked.Increment(ref _calls);
            return Results.Text(new JsonObject { ["keys"] = Keys.DeepClone() }.ToJsonString(), "application/json");
        });
        await _provider.StartAsync();
        _address = _provider.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
    }
}
