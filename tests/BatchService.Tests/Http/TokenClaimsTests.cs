using System.Text;
using BatchService.Http;

namespace BatchService.Tests.Http;

public sealed class TokenClaimsTests
{
    private static BatchService.Batching.Caller? Read(string payload, string? roleClaim = null) => TokenClaims.ToCaller(Encoding.UTF8.GetBytes(payload), roleClaim);

    [Theory]
    [InlineData("""{"sub":"a","scope":"x y  z"}""", "x y z")]
    [InlineData("""{"sub":"a","scp":"x y"}""", "x y")]
    [InlineData("""{"sub":"a","scp":["x","y z"]}""", "x y z")]
    [InlineData("""{"sub":"a","scope":["x"],"scp":["y",7,null]}""", "x y")]
    [InlineData("""{"sub":"a","scope":{"x":1}}""", "")]
    [InlineData("""{"sub":"a"}""", "")]
    public void Scopes_come_in_either_claim_as_words_or_a_list(string payload, string scopes) =>
        Assert.Equal(scopes, string.Join(' ', Read(payload)!.Scopes.Order(StringComparer.Ordinal)));

    [Theory]
    [InlineData("""{"sub":"a","roles":["b","a"]}""", "a|b")]
    [InlineData("""{"sub":"a","role":"a b"}""", "a b")]
    [InlineData("""{"sub":"a","role":["a","b"],"roles":"c"}""", "a|b|c")]
    public void Roles_come_in_either_claim_and_may_have_blanks(string payload, string roles) =>
        Assert.Equal(roles, string.Join('|', Read(payload)!.Roles.Order(StringComparer.Ordinal)));

    [Fact]
    public void Claims_are_the_payload_as_it_is() =>
        Assert.Equal("""{"sub":"a", "n": 1.50,"x":{"y":[1]}}""", Read("""{"sub":"a", "n": 1.50,"x":{"y":[1]}}""")!.ClaimsJson);

    [Theory]
    [InlineData("""{"sub":"a","role":"member"}""", "role", "member")]
    [InlineData("""{"sub":"a","role":["member"]}""", "role", null)]
    [InlineData("""{"sub":"a"}""", "role", null)]
    [InlineData("""{"sub":"a","role":"member"}""", null, null)]
    public void The_database_role_is_a_text_in_the_configured_claim(string payload, string? claim, string? role) =>
        Assert.Equal(role, Read(payload, claim)!.DatabaseRole);

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"sub":""}""")]
    [InlineData("""{"sub":null}""")]
    [InlineData("""{"sub":"a","sub":"b"}""")]
    [InlineData("""{"sub":"a"} x""")]
    [InlineData("""{"sub":"\u0000"}""")]
    [InlineData("""{"sub":"a","n":1e999}""")]
    public void What_names_nobody_or_is_not_strict_is_nobody(string payload) => Assert.Null(Read(payload));
}
