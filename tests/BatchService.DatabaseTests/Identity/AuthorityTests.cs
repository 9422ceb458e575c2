using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BatchService.DatabaseTests.Identity;

/// <summary>Tokens signed by the published keys of a provider, and those that only look like it.</summary>
public sealed class AuthorityTests(AuthorityFixture service) : IClassFixture<AuthorityFixture>
{
    [Fact]
    public async Task The_published_keys_sign_by_their_algorithms()
    {
        Assert.Equal(200, await AskAsync(TokenText.Rsa(Header("RS256", "first"), AuthorityFixture.Payload, service.Rsa)));
        Assert.Equal(200, await AskAsync(TokenText.Rsa(Header("PS256", "first"), AuthorityFixture.Payload, service.Rsa)));
        Assert.Equal(200, await AskAsync(TokenText.Ecdsa(Header("ES256", "curve"), AuthorityFixture.Payload, service.Ec)));
        Assert.Equal(200, await AskAsync(TokenText.Rsa(TokenText.Header("RS256"), AuthorityFixture.Payload, service.Rsa)));
    }

    [Fact]
    public async Task A_published_key_is_no_secret_to_sign_with()
    {
        byte[][] secrets =
        [
            Encoding.ASCII.GetBytes(service.Rsa.ExportSubjectPublicKeyInfoPem()),
            Encoding.ASCII.GetBytes(service.Rsa.ExportSubjectPublicKeyInfoPem() + "\n"),
            Encoding.ASCII.GetBytes(service.Rsa.ExportRSAPublicKeyPem()),
            service.Rsa.ExportSubjectPublicKeyInfo(),
            service.Rsa.ExportRSAPublicKey(),
            service.Rsa.ExportParameters(false).Modulus!,
            Encoding.ASCII.GetBytes(TokenText.ToJwk(service.Rsa, "first").ToJsonString()),
        ];
        foreach (var secret in secrets)
        {
            Assert.Equal(401, await AskAsync(TokenText.Hmac(Header("HS256", "first"), AuthorityFixture.Payload, secret)));
            Assert.Equal(401, await AskAsync(TokenText.Hmac(Header("RS256", "first"), AuthorityFixture.Payload, secret)));
        }
    }

    [Theory]
    [InlineData("none")]
    [InlineData("HS256")]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [InlineData("ES384")]
    [InlineData("RSA1_5")]
    public async Task Other_algorithms_are_refused(string algorithm) =>
        Assert.Equal(401, await AskAsync(TokenText.Rsa(Header(algorithm, "first"), AuthorityFixture.Payload, service.Rsa)));

    [Fact]
    public async Task Keys_of_strangers_are_refused_wherever_they_are_named()
    {
        using var stranger = RSA.Create(2048);
        var jwk = TokenText.ToJwk(stranger, "first").ToJsonString();
        string[] more = ["", $",\"jwk\":{jwk}", ",\"jku\":\"http://127.0.0.1:9/keys\"", ",\"x5u\":\"http://127.0.0.1:9/\"", ",\"x5c\":[\"MIIB\"]"];
        foreach (var extra in more)
        {
            Assert.Equal(401, await AskAsync(TokenText.Rsa(TokenText.Header("RS256", $",\"kid\":\"first\"{extra}"), AuthorityFixture.Payload, stranger)));
            Assert.Equal(401, await AskAsync(TokenText.Rsa(TokenText.Header("RS256", extra), AuthorityFixture.Payload, stranger)));
        }
    }

    [Fact]
    public async Task Claims_are_checked_as_with_a_key()
    {
        string Token(string name, JsonNode? value) => TokenText.Rsa(Header("RS256", "first"), TokenText.Claims((name, value)).ToJsonString(), service.Rsa);

        Assert.Equal(401, await AskAsync(Token("aud", "other")));
        Assert.Equal(401, await AskAsync(Token("iss", "https://other.test")));
        Assert.Equal(401, await AskAsync(Token("exp", TokenText.Now(TimeSpan.FromMinutes(-2)))));
        Assert.Equal(401, await AskAsync(Token("exp", null)));
        Assert.Equal(401, await AskAsync(Token("sub", null)));
    }

    private async Task<int> AskAsync(string token)
    {
        using var client = service.CreateClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        using var response = await client.GetAsync("/entities");
        return (int)response.StatusCode;
    }

    private static string Header(string algorithm, string key) => TokenText.Header(algorithm, $",\"kid\":\"{key}\"");
}

/// <summary>A provider that changes its keys, or cannot be reached; each test has a service of its own, since it remembers keys.</summary>
public sealed class AuthorityChangeTests : IAsyncLifetime
{
    private readonly AuthorityFixture _service = new();

    public Task InitializeAsync() => _service.InitializeAsync();

    public Task DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task A_new_key_is_taken_at_once_and_strange_keys_do_not_ask_again_and_again()
    {
        using var next = RSA.Create(2048);
        Assert.Equal(200, await AskAsync(Token(_service.Rsa, "first")));
        Assert.Equal(401, await AskAsync(Token(next, "never")[..^9]));
        _service.Keys = [TokenText.ToJwk(_service.Rsa, "first"), TokenText.ToJwk(next, "second")];
        var calls = _service.Calls;

        using var stranger = RSA.Create(2048);
        for (var time = 0; time < 20; time++)
        {
            Assert.Equal(401, await AskAsync(Token(stranger, $"strange-{time}")));
        }

        Assert.InRange(_service.Calls - calls, 0, 1);
    }

    [Fact]
    public async Task A_rotation_is_noticed_by_the_first_token_of_the_new_key()
    {
        using var next = RSA.Create(2048);
        Assert.Equal(200, await AskAsync(Token(_service.Rsa, "first")));
        _service.Keys = [TokenText.ToJwk(next, "second")];

        Assert.Equal(200, await AskAsync(Token(next, "second")));
        Assert.Equal(401, await AskAsync(Token(_service.Rsa, "first")));
    }

    [Fact]
    public async Task Without_its_provider_the_service_says_that_it_cannot_tell()
    {
        _service.IsUp = false;
        using var client = _service.CreateClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {Token(_service.Rsa, "first")}");
        using (var response = await client.GetAsync("/entities"))
        {
            Assert.Equal(503, (int)response.StatusCode);
            Assert.NotNull(response.Headers.RetryAfter);
            Assert.True(JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("retryable").GetBoolean());
        }

        _service.IsUp = true;
        Assert.Equal(200, await AskAsync(Token(_service.Rsa, "first")));
        _service.IsUp = false;
        Assert.Equal(200, await AskAsync(Token(_service.Rsa, "first")));
    }

    private static string Token(RSA key, string id) => TokenText.Rsa(TokenText.Header("RS256", $",\"kid\":\"{id}\""), AuthorityFixture.Payload, key);

    private async Task<int> AskAsync(string token)
    {
        using var client = _service.CreateClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        using var response = await client.GetAsync("/entities");
        return (int)response.StatusCode;
    }
}
