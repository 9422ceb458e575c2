using System.Text.Json;
using BatchService.Attestations;
using BatchService.Batching;
using Npgsql;

namespace BatchService.Tests.Attestations;

public sealed class AttestationFilterTests
{
    [Fact]
    public void Reads_every_field()
    {
        var filter = Assert.Single(ReadAll(
            """
            {"filters":[{"subjects":["s"],"predicates":["p","q"],"contexts":["C"],"actors":["a"],
              "time_start":"2026-01-02T03:04:05+01:00","time_end":"2026-01-03T00:00:00Z","limit":7}]}
            """));

        Assert.Equal([["s"], ["p", "q"], ["C"], ["a"]], new[] { filter.Subjects, filter.Predicates, filter.Contexts, filter.Actors });
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 2, 4, 5, TimeSpan.Zero), filter.TimeStart);
        Assert.Equal(new DateTimeOffset(2026, 1, 3, 0, 0, 0, TimeSpan.Zero), filter.TimeEnd);
        Assert.Equal((7, "ada"), (filter.Limit, filter.Owner));
    }

    [Fact]
    public void Takes_an_empty_filter_for_all_with_the_usual_limit()
    {
        var filter = Assert.Single(ReadAll("""{"filters":[{}]}"""));

        Assert.Empty(filter.Subjects.Concat(filter.Predicates).Concat(filter.Contexts).Concat(filter.Actors));
        Assert.Equal((null, null, AttestationLimits.DefaultLimit), (filter.TimeStart, filter.TimeEnd, filter.Limit));
    }

    [Fact]
    public void Takes_no_filters_at_all() => Assert.Empty(ReadAll("""{"filters":[]}"""));

    [Theory]
    [InlineData("""{}""", "FIELD_MISSING /filters")]
    [InlineData("""{"filters":{}}""", "FIELD_INVALID /filters")]
    [InlineData("""{"filters":[],"x":1}""", "FIELD_UNKNOWN /x")]
    [InlineData("""[]""", "FIELD_INVALID ")]
    [InlineData("""{"filters":[{},7]}""", "FIELD_INVALID /filters/1 1")]
    [InlineData("""{"filters":[{"subject":["a"]}]}""", "FIELD_UNKNOWN /filters/0/subject 0")]
    [InlineData("""{"filters":[{"subjects":"a"}]}""", "FIELD_INVALID /filters/0/subjects 0")]
    [InlineData("""{"filters":[{"actors":["a",""]}]}""", "FIELD_INVALID /filters/0/actors/1 0")]
    [InlineData("""{"filters":[{"limit":0}]}""", "FIELD_INVALID /filters/0/limit 0")]
    [InlineData("""{"filters":[{"limit":10001}]}""", "FIELD_INVALID /filters/0/limit 0")]
    [InlineData("""{"filters":[{"limit":"5"}]}""", "FIELD_INVALID /filters/0/limit 0")]
    [InlineData("""{"filters":[{},{"time_start":"yesterday","time_end":"2026-01-01"}]}""", "FIELD_INVALID /filters/1/time_start 1", "FIELD_INVALID /filters/1/time_end 1")]
    public void Names_the_place_of_everything_that_is_wrong(string body, params string[] expected)
    {
        var errors = new List<Error>();
        AttestationFilter.ReadAll(JsonElement.Parse(body), null, errors);

        Assert.Equal(expected, errors.Select(error => $"{error.Code.Name} {error.Pointer} {error.Index}".TrimEnd() + (error.Pointer == "" ? " " : "")));
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void Takes_100_filters(int count, bool fits)
    {
        var errors = new List<Error>();
        AttestationFilter.ReadAll(JsonElement.Parse($$"""{"filters":[{{string.Join(',', Enumerable.Repeat("{}", count))}}]}"""), null, errors);

        Assert.Equal(fits ? [] : ["BATCH_TOO_LARGE"], errors.Select(error => error.Code.Name));
    }

    [Fact]
    public void Keeps_every_value_out_of_the_sql()
    {
        const string hostile = "'; DROP TABLE batch.attestation; --";
        using var command = new NpgsqlCommand();
        var filter = new AttestationFilter([hostile], [hostile], [hostile], [hostile], DateTimeOffset.MinValue, DateTimeOffset.MaxValue, 5, hostile);

        var sql = AttestationQuery.ToSql(filter, (DateTimeOffset.MinValue, hostile), command.Parameters);

        Assert.DoesNotContain("DROP", sql, StringComparison.Ordinal);
        Assert.Equal(10, command.Parameters.Count);
    }

    [Fact]
    public void Asks_for_nothing_that_was_not_asked()
    {
        using var command = new NpgsqlCommand();

        var sql = AttestationQuery.ToSql(new AttestationFilter([], [], [], [], null, null, 5, null), null, command.Parameters);

        Assert.DoesNotContain("WHERE", sql, StringComparison.Ordinal);
        Assert.EndsWith("ORDER BY timestamp DESC, id DESC\nLIMIT $1", sql, StringComparison.Ordinal);
    }

    private static IReadOnlyList<AttestationFilter> ReadAll(string body)
    {
        var errors = new List<Error>();
        var filters = AttestationFilter.ReadAll(JsonElement.Parse(body), "ada", errors);
        Assert.Empty(errors);
        return filters;
    }
}
