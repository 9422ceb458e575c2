using System.Text;
using BatchService.Http;
using Microsoft.Extensions.Configuration;

namespace BatchService.Tests.Http;

public sealed class TokenSourceTests
{
    private const string Key = "0123456789abcdef0123456789abcdef";

    private static (TokenSource Source, List<string> Faults) Read(AuthOptions options, bool allowHttp = false, params (string Key, string Value)[] schemes)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(schemes.Select(setting => KeyValuePair.Create($"{TokenSource.Schemes}:{setting.Key}", (string?)setting.Value)))
            .Build();
        var faults = new List<string>();
        return (TokenSource.Read(options, configuration.GetSection(TokenSource.Schemes), allowHttp, faults), faults);
    }

    private static AuthOptions Options(Action<AuthOptions> change)
    {
        var options = new AuthOptions { Mode = AuthMode.Jwt, Issuer = "i", Audience = "a" };
        change(options);
        return options;
    }

    [Fact]
    public void A_key_signs_by_one_algorithm_and_an_authority_by_three()
    {
        Assert.Equal(["HS256"], Read(Options(options => options.SigningKey = Key)).Source.Algorithms);
        Assert.Equal(["ES256", "PS256", "RS256"], Read(Options(options => options.Authority = "https://a.test/")).Source.Algorithms.Order(StringComparer.Ordinal));
        Assert.Equal("https://a.test", Read(Options(options => options.Authority = "https://a.test/")).Source.Authority);
    }

    [Theory]
    [InlineData("https://a.test", "RS256", true)]
    [InlineData("https://a.test", "RS256, ES256", true)]
    [InlineData("https://a.test", "HS256", false)]
    [InlineData("https://a.test", "none", false)]
    [InlineData("https://a.test", "RS256,none", false)]
    [InlineData("https://a.test", "rs256", false)]
    [InlineData(null, "HS256", true)]
    [InlineData(null, "RS256", false)]
    [InlineData(null, "none", false)]
    public void Algorithms_only_narrow(string? authority, string algorithms, bool accepted)
    {
        var (_, faults) = Read(Options(options =>
        {
            options.Authority = authority;
            options.SigningKey = authority is null ? Key : null;
            options.Algorithms = algorithms;
        }));

        Assert.Equal(accepted, faults.Count == 0);
    }

    [Theory]
    [InlineData(31, false)]
    [InlineData(32, true)]
    public void A_key_has_32_bytes_of_utf8(int length, bool accepted)
    {
        Assert.Equal(accepted, Read(Options(options => options.SigningKey = new string('k', length))).Faults.Count == 0);
        Assert.Equal(accepted, Read(Options(options => options.SigningKey = new string('ü', length / 2))).Faults.Count == 0);
    }

    [Fact]
    public void Faults_do_not_show_the_key() =>
        Assert.DoesNotContain("too-short-secret", string.Concat(Read(Options(options => options.SigningKey = "too-short-secret")).Faults), StringComparison.Ordinal);

    [Theory]
    [InlineData("https://a.test", false, true)]
    [InlineData("http://a.test", false, false)]
    [InlineData("http://a.test", true, false)]
    [InlineData("http://127.0.0.1:8080", true, true)]
    [InlineData("http://127.0.0.1:8080", false, false)]
    [InlineData("ftp://a.test", true, false)]
    [InlineData("a.test", true, false)]
    public void An_authority_is_asked_by_tls_but_on_loopback_in_development(string authority, bool isDevelopment, bool accepted) =>
        Assert.Equal(accepted, Read(Options(options => options.Authority = authority), isDevelopment).Faults.Count == 0);

    [Fact]
    public void Issuer_audience_and_a_key_are_required()
    {
        Assert.Single(Read(Options(options => (options.SigningKey, options.Issuer) = (Key, null))).Faults);
        Assert.Single(Read(Options(options => (options.SigningKey, options.Audience) = (Key, ""))).Faults);
        Assert.Single(Read(Options(_ => { })).Faults);
        Assert.Contains("exclude each other", Assert.Single(Read(Options(options => (options.SigningKey, options.Authority) = (Key, "https://a.test"))).Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_of_user_jwts_are_taken_where_the_service_has_none_of_its_own()
    {
        var (source, faults) = Read(
            new AuthOptions { Mode = AuthMode.Jwt },
            false,
            ("ValidIssuer", "dotnet-user-jwts"),
            ("ValidAudiences:0", "http://localhost:5080"),
            ("SigningKeys:0:Id", "b7c1"),
            ("SigningKeys:0:Value", Convert.ToBase64String(Encoding.UTF8.GetBytes(Key))));

        Assert.Empty(faults);
        Assert.Equal(["dotnet-user-jwts"], source.Issuers);
        Assert.Equal(["http://localhost:5080"], source.Audiences);
        Assert.Equal(["HS256"], source.Algorithms);
        Assert.Equal("b7c1", Assert.Single(source.Keys).KeyId);
    }

    [Theory]
    [InlineData("not base64")]
    [InlineData("AAAA")]
    [InlineData("")]
    public void A_bad_key_of_user_jwts_fails_the_start(string value) => Assert.NotEmpty(Read(
        new AuthOptions { Mode = AuthMode.Jwt, Issuer = "i", Audience = "a" }, false, ("SigningKeys:0:Value", value)).Faults);
}
