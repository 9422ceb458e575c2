using BatchService.Batching;
using BatchService.Http;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;

namespace BatchService.Tests.Http;

public sealed class PreferencesTests
{
    private static readonly Preferences s_none = Preferences.None;

    [Fact]
    public void Reads_every_preference_from_one_line_or_several()
    {
        var all = new Preferences(true, TimeSpan.FromSeconds(20), true, false, true);

        Assert.Equal(all, Parse("respond-async, wait=20, return=minimal, handling=strict, multi-status=200"));
        Assert.Equal(all, Parse("respond-async", "WAIT = \"20\" , ,", "Return=Minimal;", "handling=\"strict\",multi-status=\"2\\00\""));
        Assert.Equal(s_none with { Minimal = false, Lenient = true }, Parse("return=representation, handling=lenient"));
        Assert.Equal(s_none, Parse());
        Assert.Equal(s_none, Parse("", " ,, "));
        Assert.Equal(s_none with { RespondAsync = true }, Parse("respond-async=\"\""));
    }

    [Fact]
    public void Takes_the_first_instance_of_a_preference() => Assert.Equal(
        s_none with { Wait = TimeSpan.FromSeconds(1), Minimal = true },
        Parse("wait=1, return=minimal, wait=2", "return=representation"));

    [Theory]
    [InlineData("depth-noroot", "FIELD_UNKNOWN")]
    [InlineData("foo=\"respond-async, wait=1\"", "FIELD_UNKNOWN")]
    [InlineData("return", "FIELD_INVALID")]
    [InlineData("return=headers-only", "FIELD_INVALID")]
    [InlineData("wait", "FIELD_INVALID")]
    [InlineData("wait=-1", "FIELD_INVALID")]
    [InlineData("wait=1.5", "FIELD_INVALID")]
    [InlineData("wait=99999999999999", "FIELD_INVALID")]
    [InlineData("wait=٣", "FIELD_INVALID")]
    [InlineData("handling=loose", "FIELD_INVALID")]
    [InlineData("multi-status=207", "FIELD_INVALID")]
    [InlineData("respond-async=yes", "FIELD_INVALID")]
    [InlineData("respond-async; foo=bar", "FIELD_INVALID")]
    [InlineData("return=minimal; x", "FIELD_INVALID")]
    [InlineData("return minimal", "FIELD_INVALID")]
    [InlineData("return=\"minimal", "FIELD_INVALID")]
    [InlineData("return=\"minimal\\", "FIELD_INVALID")]
    [InlineData("=1", "FIELD_INVALID")]
    [InlineData("wait=", "FIELD_INVALID")]
    [InlineData(";", "FIELD_INVALID")]
    public void Refuses_what_it_does_not_know_unless_told_to_be_lenient(string line, string code)
    {
        Assert.Equal(code, Assert.Single(Preferences.Parse([line]).Errors).Code.Name);
        Assert.Equal(code, Assert.Single(Preferences.Parse([line, "handling=strict"]).Errors).Code.Name);
        Assert.Empty(Preferences.Parse([line, "handling=lenient"]).Errors);
        Assert.True(Preferences.Parse([line, "multi-status=200, handling=lenient"]).Preferences.MultiStatusOk);
    }

    [Fact]
    public void Reports_all_and_names_the_unknown_one()
    {
        var errors = Preferences.Parse(["foo, wait=x", "bar=1"]).Errors;

        Assert.Equal(3, errors.Count);
        Assert.Contains("'foo'", errors[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Survives_any_text() =>
        Prop.ForAll(
                Gen.Elements("a", "wait", "=", ",", ";", "\"", "\\", " ", "1", "return", "minimal", "é", "\t", "\0")
                    .ArrayOf().ToArbitrary(),
                parts => Preferences.Parse([string.Concat(parts)]).Errors is not null)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    [Fact]
    public void Confirms_what_was_given_and_honoured_only()
    {
        var response = new DefaultHttpContext().Response;
        Parse("respond-async, wait=5, return=minimal, multi-status=200").Confirm(
            response, Preference.Wait | Preference.Return | Preference.Handling);
        var silent = new DefaultHttpContext().Response;
        Parse("wait=5").Confirm(silent, Preference.Return);

        Assert.Equal("wait=5, return=minimal", response.Headers["Preference-Applied"]);
        Assert.False(silent.Headers.ContainsKey("Preference-Applied"));
    }

    [Fact]
    public void Names_each_unknown_query_parameter()
    {
        var context = new DefaultHttpContext();
        context.Request.QueryString = new QueryString("?limit=1&Limit=2&secret=value&cursor=x");
        var query = context.Request.Query;

        Assert.Empty(QueryParameters.Check(query, "limit", "Limit", "cursor", "secret"));
        var errors = QueryParameters.Check(query, "limit", "cursor");
        Assert.All(errors, error => Assert.Equal(ErrorCodes.FieldUnknown, error.Code));
        Assert.Contains(errors, error => error.Detail.Contains("'secret'", StringComparison.Ordinal));
        Assert.DoesNotContain(errors, error => error.Detail.Contains("value", StringComparison.Ordinal));
    }

    private static Preferences Parse(params string[] lines)
    {
        var (preferences, errors) = Preferences.Parse(lines);
        Assert.Empty(errors);
        return preferences;
    }

    [Fact]
    public void Refuses_what_an_endpoint_does_not_honour_unless_it_is_to_be_lenient()
    {
        var (strict, _) = Preferences.Parse(["respond-async, return=minimal"]);
        var (lenient, _) = Preferences.Parse(["respond-async, handling=lenient"]);

        Assert.Equal(ErrorCodes.FieldInvalid, Assert.Single(strict.Refusals(Preference.Return)).Code);
        Assert.Empty(lenient.Refusals(Preference.Return));
    }
}
