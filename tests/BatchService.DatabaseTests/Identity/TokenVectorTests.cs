using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BatchService.DatabaseTests.Identity;

/// <summary>Tokens that must not be taken, at every endpoint; and those that must.</summary>
public sealed class TokenVectorTests(IdentityFixture service) : IClassFixture<IdentityFixture>
{
    private static readonly RSA s_rsa = RSA.Create(2048);
    private static readonly ECDsa s_ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>What stands in the header Authorization; null: no header; two lines: two headers.</summary>
    private static readonly Dictionary<string, Func<string?>> s_bad = new(StringComparer.Ordinal)
    {
        ["no header"] = () => null,
        ["empty header"] = () => "",
        ["the scheme alone"] = () => "Bearer",
        ["the scheme and a blank"] = () => "Bearer ",
        ["no scheme"] = () => Good(),
        ["another scheme"] = () => $"Basic {Good()}",
        ["another scheme that begins alike"] = () => $"BearerX {Good()}",
        ["credentials of Basic"] = () => $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes("alice:secret"))}",
        ["two headers, both good"] = () => $"Bearer {Good()}\nBearer {Good()}",
        ["two headers, the first good"] = () => $"Bearer {Good()}\nBearer x",
        ["two tokens in one header"] = () => $"Bearer {Good()}, Bearer {Good()}",
        ["two tokens with a blank"] = () => $"Bearer {Good()} {Good()}",
        ["a word"] = () => "Bearer nonsense",
        ["one part"] = () => $"Bearer {Good().Split('.')[0]}",
        ["two parts"] = () => $"Bearer {string.Join('.', Good().Split('.')[..2])}",
        ["two parts and a dot"] = () => $"Bearer {string.Join('.', Good().Split('.')[..2])}.",
        ["four parts"] = () => $"Bearer {Good()}.x",
        ["five parts"] = () => $"Bearer {Good()}.x.y",
        ["only dots"] = () => "Bearer ..",
        ["an empty header part"] = () => $"Bearer .{string.Join('.', Good().Split('.')[1..])}",
        ["an empty payload part"] = () => $"Bearer {Good().Split('.')[0]}..{Good().Split('.')[2]}",
        ["not base64url"] = () => $"Bearer !!!.{string.Join('.', Good().Split('.')[1..])}",
        ["a header that is no JSON"] = () => Signed("nonsense", Payload()),
        ["a header that is an array"] = () => Signed("[]", Payload()),
        ["a header with two algorithms"] = () => Signed("""{"alg":"none","alg":"HS256"}""", Payload()),
        ["a header that is not UTF-8"] = () => $"Bearer {TokenText.Encode([0xff, 0xfe])}.{TokenText.Encode(Payload())}.x",
        ["no algorithm"] = () => Signed("""{"typ":"JWT"}""", Payload()),
        ["an algorithm that is null"] = () => Signed("""{"alg":null}""", Payload()),
        ["an algorithm that is a number"] = () => Signed("""{"alg":256}""", Payload()),
        ["none, without signature"] = () => $"Bearer {TokenText.Encode(TokenText.Header("none"))}.{TokenText.Encode(Payload())}.",
        ["none, with a signature"] = () => Signed(TokenText.Header("none"), Payload()),
        ["None"] = () => $"Bearer {TokenText.Encode(TokenText.Header("None"))}.{TokenText.Encode(Payload())}.",
        ["NONE"] = () => $"Bearer {TokenText.Encode(TokenText.Header("NONE"))}.{TokenText.Encode(Payload())}.",
        ["nOnE with a blank"] = () => $"Bearer {TokenText.Encode(TokenText.Header(" none"))}.{TokenText.Encode(Payload())}.",
        ["an empty algorithm"] = () => $"Bearer {TokenText.Encode(TokenText.Header(""))}.{TokenText.Encode(Payload())}.",
        ["hs256 in lower case"] = () => Signed(TokenText.Header("hs256"), Payload()),
        ["HS384, with the right key"] = () => Signed(TokenText.Header("HS384"), Payload()),
        ["HS512, with the right key"] = () => Signed(TokenText.Header("HS512"), Payload()),
        ["RS256, with a key of one's own"] = () => $"Bearer {TokenText.Rsa(TokenText.Header("RS256"), Payload(), s_rsa)}",
        ["PS256, with a key of one's own"] = () => $"Bearer {TokenText.Rsa(TokenText.Header("PS256"), Payload(), s_rsa)}",
        ["ES256, with a key of one's own"] = () => $"Bearer {TokenText.Ecdsa(TokenText.Header("ES256"), Payload(), s_ec)}",
        ["RS256 with the key embedded as jwk"] = () => $"Bearer {TokenText.Rsa(TokenText.Header("RS256", $",\"jwk\":{TokenText.ToJwk(s_rsa, "k").ToJsonString()}"), Payload(), s_rsa)}",
        ["HS256 with the key embedded as jwk"] = () => Signed(TokenText.Header("HS256", $",\"jwk\":{{\"kty\":\"oct\",\"k\":\"{TokenText.Encode(Other)}\"}}"), Payload(), Other),
        ["a jku that points elsewhere"] = () => Signed(TokenText.Header("HS256", ",\"jku\":\"http://127.0.0.1:9/keys\""), Payload(), Other),
        ["an x5u that points elsewhere"] = () => Signed(TokenText.Header("HS256", ",\"x5u\":\"http://127.0.0.1:9/cert\""), Payload(), Other),
        ["an x5c"] = () => Signed(TokenText.Header("HS256", ",\"x5c\":[\"MIIB\"]"), Payload(), Other),
        ["a kid that is a path"] = () => Signed(TokenText.Header("HS256", ",\"kid\":\"../../../../dev/null\""), Payload(), ""u8.ToArray()),
        ["a kid that is SQL"] = () => Signed(TokenText.Header("HS256", ",\"kid\":\"x' UNION SELECT 'key' --\""), Payload(), "key"u8.ToArray()),
        ["a kid that is an address"] = () => Signed(TokenText.Header("HS256", ",\"kid\":\"http://127.0.0.1:9/\""), Payload(), Other),
        ["a kid that is an object"] = () => Signed(TokenText.Header("HS256", ",\"kid\":{}"), Payload(), Other),
        ["an empty key"] = () => Signed(TokenText.Header("HS256"), Payload(), []),
        ["a key of zeros"] = () => Signed(TokenText.Header("HS256"), Payload(), new byte[32]),
        ["another key"] = () => Signed(TokenText.Header("HS256"), Payload(), Other),
        ["the key and a line break"] = () => Signed(TokenText.Header("HS256"), Payload(), Encoding.UTF8.GetBytes(TokenText.Key + "\n")),
        ["a critical extension"] = () => Signed(TokenText.Header("HS256", ",\"crit\":[\"exp\"]"), Payload()),
        ["an encrypted token"] = () => $"Bearer {TokenText.Encode("""{"alg":"dir","enc":"A128CBC-HS256"}""")}..x.y.z",
        ["a changed payload"] = () => Changed(1),
        ["a changed header"] = () => Changed(0),
        ["a changed signature"] = () => Changed(2),
        ["half a signature"] = () => $"Bearer {Good()[..^20]}",
        ["another issuer"] = () => Claims(("iss", "https://other.test")),
        ["an issuer with a slash more"] = () => Claims(("iss", TokenText.Issuer + "/")),
        ["an issuer in capitals"] = () => Claims(("iss", TokenText.Issuer.ToUpperInvariant())),
        ["no issuer"] = () => Claims(("iss", null)),
        ["an empty issuer"] = () => Claims(("iss", "")),
        ["another audience"] = () => Claims(("aud", "other")),
        ["no audience"] = () => Claims(("aud", null)),
        ["an empty audience"] = () => Claims(("aud", "")),
        ["an empty list of audiences"] = () => Claims(("aud", new JsonArray())),
        ["only other audiences"] = () => Claims(("aud", new JsonArray("a", "b"))),
        ["expired"] = () => Claims(("exp", TokenText.Now(TimeSpan.FromMinutes(-1)))),
        ["expired long ago"] = () => Claims(("exp", 1)),
        ["expired in negative time"] = () => Claims(("exp", -1)),
        ["no expiry"] = () => Claims(("exp", null)),
        ["an expiry that is text"] = () => Claims(("exp", "tomorrow")),
        ["an expiry beyond all time"] = () => Signed(TokenText.Header("HS256"), Payload().Replace("\"exp\":", "\"exp\":1e300,\"x\":", StringComparison.Ordinal)),
        ["not yet valid"] = () => Claims(("nbf", TokenText.Now(TimeSpan.FromMinutes(5)))),
        ["valid only after its end"] = () => Claims(("nbf", TokenText.Now(TimeSpan.FromHours(2)))),
        ["no subject"] = () => Claims(("sub", null)),
        ["an empty subject"] = () => Claims(("sub", "")),
        ["a subject that is a number"] = () => Claims(("sub", 7)),
        ["a subject that is a list"] = () => Claims(("sub", new JsonArray("alice"))),
        ["a subject that is too long"] = () => Claims(("sub", new string('a', 256))),
        ["a subject with a null character"] = () => Signed(TokenText.Header("HS256"), Payload().Replace("alice", "al\\u0000ice", StringComparison.Ordinal)),
        ["a subject that is half a character"] = () => Signed(TokenText.Header("HS256"), Payload().Replace("alice", "\\ud800", StringComparison.Ordinal)),
        ["a subject given twice"] = () => Signed(TokenText.Header("HS256"), Payload().Replace("\"sub\":\"alice\"", "\"sub\":\"bob\",\"sub\":\"alice\"", StringComparison.Ordinal)),
        ["a payload that is no JSON"] = () => Signed(TokenText.Header("HS256"), "nonsense"),
        ["a payload that is an array"] = () => Signed(TokenText.Header("HS256"), "[]"),
        ["a payload that is null"] = () => Signed(TokenText.Header("HS256"), "null"),
        ["a payload that is too deep"] = () => Signed(TokenText.Header("HS256"), Payload()[..^1] + ",\"d\":" + new string('[', 200) + new string(']', 200) + "}"),
        ["a token that is too long"] = () => Claims(("more", new string('x', 20_000))),
    };

    private static byte[] Other => Encoding.UTF8.GetBytes("another key of at least thirty-two bytes");

    public static TheoryData<string> Bad() => [.. s_bad.Keys];

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task Is_refused_at_every_endpoint_without_a_word_why(string name)
    {
        using var client = service.CreateClient();
        var value = s_bad[name]();
        var routes = ServiceRoutes.Of(service.Services).Where(route => !route.IsOpen).ToList();
        Assert.True(routes.Count >= 5);
        foreach (var route in routes)
        {
            using var request = new HttpRequestMessage(HttpMethod.Parse(route.Method), route.Path);
            foreach (var line in value?.Split('\n') ?? [])
            {
                request.Headers.TryAddWithoutValidation("Authorization", line);
            }

            using var response = await client.SendAsync(request);
            var body = JsonElement.Parse(await response.Content.ReadAsStringAsync());

            Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, $"{route}: {response.StatusCode}");
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
            Assert.Equal("UNAUTHENTICATED", body.GetProperty("code").GetString());
            Assert.Equal("The request needs a valid bearer token.", body.GetProperty("detail").GetString());
        }
    }

    [Fact]
    public void There_are_at_least_sixty() => Assert.True(s_bad.Count >= 60, $"{s_bad.Count}");

    [Theory]
    [InlineData("Bearer")]
    [InlineData("bearer")]
    [InlineData("BEARER")]
    public async Task The_scheme_has_no_case(string scheme) => Assert.Equal(HttpStatusCode.OK, await AskAsync($"{scheme} {Good()}"));

    [Fact]
    public async Task Good_tokens_are_taken()
    {
        Func<string>[] good =
        [
            () => Claims(),
            () => Claims(("aud", new JsonArray("other", TokenText.Audience))),
            () => Claims(("exp", TokenText.Now(TimeSpan.FromSeconds(-10)))),
            () => Claims(("nbf", TokenText.Now(TimeSpan.FromSeconds(10)))),
            () => Claims(("sub", new string('a', 255))),
            () => Claims(("sub", "Ünïcode \"and\" quotes")),
            () => Claims(("scope", new JsonArray("batch:read"))),
            () => Claims(("scope", null), ("scp", "x batch:read y")),
            () => Claims(("scope", null), ("scp", new JsonArray("x", "batch:read"))),
            () => Claims(("roles", 7), ("role", new JsonArray(1, "x"))),
            () => Signed(TokenText.Header("HS256", ",\"kid\":\"unknown\""), Payload()),
            () => Signed(TokenText.Header("HS256", ",\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}"), Payload()),
        ];
        foreach (var make in good)
        {
            Assert.Equal(HttpStatusCode.OK, await AskAsync(make()));
        }
    }

    [Theory]
    [InlineData("""{"scope":"batch:reader"}""")]
    [InlineData("""{"scope":"BATCH:READ"}""")]
    [InlineData("""{"scope":"batch:read,batch:write"}""")]
    [InlineData("""{"scope":7}""")]
    [InlineData("""{"scope":{"batch:read":true}}""")]
    [InlineData("""{"scope":null}""")]
    public async Task Scopes_are_compared_whole(string claims)
    {
        var (name, value) = JsonNode.Parse(claims)!.AsObject().Single();
        using var client = service.With(TokenText.Hmac(TokenText.Header("HS256"), new JsonObject(TokenText.Claims().Where(pair => pair.Key != name)
            .Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())).Append(KeyValuePair.Create(name, value?.DeepClone()))).ToJsonString()));
        using var content = new StringContent("""{"operations":[{"entity":"plain","action":"read"}]}""", Encoding.UTF8, "application/json");

        using var response = await client.PostAsync("/batch", content);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task The_database_sees_the_claims_of_the_token()
    {
        using var client = service.With(TokenText.Of(("sub", "carol"), ("app_metadata", new JsonObject { ["tenant"] = "red" }), ("n", 12.50)));
        using var content = new StringContent("""{"operations":[{"entity":"claim_log","action":"create","store_params":{"note":"x"}}]}""", Encoding.UTF8, "application/json");
        using var response = await client.PostAsync("/batch", content);
        var row = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("results").GetProperty("op_0").GetProperty("data")[0];

        Assert.Equal("carol", row.GetProperty("sub").GetString());
        Assert.Equal("red", row.GetProperty("claims").GetProperty("app_metadata").GetProperty("tenant").GetString());
        Assert.Equal(TokenText.Issuer, row.GetProperty("claims").GetProperty("iss").GetString());
    }

    private static string Good() => TokenText.Of();

    private static string Payload() => TokenText.Claims().ToJsonString();

    private static string Claims(params (string Name, JsonNode? Value)[] more) => $"Bearer {TokenText.Of(more)}";

    private static string Signed(string header, string payload, byte[]? key = null) =>
        $"Bearer {TokenText.Hmac(header, payload, key ?? Encoding.UTF8.GetBytes(TokenText.Key))}";

    private static string Changed(int part)
    {
        var parts = Good().Split('.');
        var middle = parts[part].Length / 2;
        parts[part] = parts[part][..middle] + (parts[part][middle] == 'A' ? 'B' : 'A') + parts[part][(middle + 1)..];
        return $"Bearer {string.Join('.', parts)}";
    }

    private async Task<HttpStatusCode> AskAsync(string authorization)
    {
        using var client = service.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/entities");
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var response = await client.SendAsync(request);
        return response.StatusCode;
    }
}
