using BatchService.Http;
using Microsoft.Extensions.Configuration;

namespace BatchService.Tests.Http;

public sealed class StartCheckTests
{
    [Theory]
    [InlineData]
    [InlineData("http://localhost:5000")]
    [InlineData("http://LOCALHOST:5000", "https://127.0.0.1:5001")]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("http://127.8.9.10:80")]
    [InlineData("http://[::1]:5000")]
    public void Starts_without_authentication_on_loopback(params string[] addresses) =>
        Assert.Null(StartCheck.Refusal(new AuthOptions(), addresses));

    [Theory]
    [InlineData("http://*:5000")]
    [InlineData("http://+:5000")]
    [InlineData("http://0.0.0.0:5000")]
    [InlineData("http://[::]:5000")]
    [InlineData("http://192.168.1.5:5000")]
    [InlineData("http://example.com:5000")]
    [InlineData("http://localhost.example.com:5000")]
    [InlineData("http://127.1:5000")]
    [InlineData("http://[::ffff:10.0.0.1]:5000")]
    [InlineData("http://unix:/tmp/socket")]
    public void Does_not_start_without_authentication_where_others_can_come_in(string address)
    {
        var refusal = StartCheck.Refusal(new AuthOptions(), ["http://localhost:1", address]);

        Assert.Contains(address, refusal, StringComparison.Ordinal);
        Assert.Contains("Auth:AllowInsecure", refusal, StringComparison.Ordinal);
        Assert.Null(StartCheck.Refusal(new AuthOptions { AllowInsecure = true }, [address]));
    }

    [Fact]
    public void Listens_anywhere_where_tokens_are_checked() =>
        Assert.Null(StartCheck.Refusal(new AuthOptions { Mode = AuthMode.Jwt }, ["http://0.0.0.0:5000"]));

    [Theory]
    [InlineData("urls", "http://localhost:1;http://*:2")]
    [InlineData("http_ports", "8080")]
    [InlineData("https_ports", "8443")]
    [InlineData("Kestrel:Endpoints:Web:Url", "http://0.0.0.0:80")]
    public void Looks_at_every_place_that_addresses_come_from(string key, string value)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new(key, value)]).Build();

        Assert.NotNull(ListenAddresses.FirstExposed(ListenAddresses.Configured(configuration, [])));
        Assert.NotNull(ListenAddresses.FirstExposed(ListenAddresses.Configured(new ConfigurationBuilder().Build(), ["http://*:1"])));
    }

    [Fact]
    public void Gives_the_development_identity_every_scope_but_impersonation()
    {
        var caller = CallerIdentity.Development;

        Assert.Equal("dev", caller.Subject);
        string[] scopes = ["batch:read", "batch:write", "batch:delete", "batch:admin", "jobs:read", "proofs:delete"];
        Assert.All(scopes, scope => Assert.True(caller.Has(scope)));
        Assert.False(caller.Has("batch:impersonate"));
        Assert.Empty(caller.Roles);
        Assert.StartsWith("{\"sub\":\"dev\",\"scope\":\"batch:read batch:write ", caller.ClaimsJson, StringComparison.Ordinal);
    }
}
