using Npgsql;

namespace BatchService.DatabaseTests.Entities;

/// <summary>A table of 2,500 rows.</summary>
public sealed class EntityLargeFixture : ServiceFixture
{
    protected override Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken) => database.ExecuteAsync("""
        CREATE TABLE reading (id integer PRIMARY KEY, half integer NOT NULL, value text NOT NULL);
        INSERT INTO reading SELECT n, n % 2, repeat('v', 100) FROM generate_series(1, 2500) AS n;
        """);
}

/// <summary>The limits of 1,000 rows, from both sides.</summary>
public sealed class EntityLargeTests(EntityLargeFixture fixture) : IClassFixture<EntityLargeFixture>
{
    [Fact]
    public async Task A_read_returns_a_thousand_rows_and_says_that_there_are_more()
    {
        var answer = await fixture.Client.OneAsync("""{"entity": "reading", "action": "read", "query_params": {"id": "le::2500"}}""");
        var rest = await fixture.Client.OneAsync("""{"entity": "reading", "action": "read", "query_params": {"id": "le::2500"}, "metadata_params": {"offset": 1500}}""");

        Assert.Equal(Enumerable.Range(1, 1000), answer.Expect(200).Data.Select(row => row.GetProperty("id").GetInt32()));
        Assert.True(answer.Result.GetProperty("truncated").GetBoolean());
        Assert.Equal(Enumerable.Range(1501, 1000), rest.Expect(200).Data.Select(row => row.GetProperty("id").GetInt32()));
        Assert.False(rest.Result.TryGetProperty("truncated", out _));
    }

    [Fact]
    public async Task A_thousand_rows_are_updated_in_one_operation_and_one_more_is_too_many()
    {
        var update = await fixture.Client.OneAsync(
            """{"entity": "reading", "action": "update", "query_params": {"id": "le::1000"}, "store_params": {"value": "new"}}""");
        var refused = await fixture.Client.OneAsync(
            """{"entity": "reading", "action": "update", "query_params": {"id": "le::1001"}, "store_params": {"value": "refused"}}""");
        var allowed = await fixture.Client.OneAsync("""
            {"entity": "reading", "action": "update", "query_params": {"half": 1}, "store_params": {"half": 3},
             "metadata_params": {"max_affected": 1250, "expect_affected": 1250}}
            """);

        Assert.Equal(1000, update.Expect(200).Result.GetProperty("affected").GetInt32());
        Assert.Equal(1000, update.Data.Count);
        refused.ExpectError(400, "MAX_AFFECTED_EXCEEDED");
        Assert.Equal(1250, allowed.Expect(200).Data.Count);
        Assert.Equal(
            "1000,0,1250",
            await fixture.Database.RowsAsync("""
                SELECT count(*) FILTER (WHERE value = 'new'), count(*) FILTER (WHERE value = 'refused'), count(*) FILTER (WHERE half = 3) FROM reading
                """));
    }

    [Fact]
    public async Task A_thousand_rows_are_created_and_merged_as_one_operation()
    {
        var rows = string.Join(',', Enumerable.Range(10_001, 1000).Select(n => $$"""{"id": {{n}}, "half": 9, "value": "a{{n}}"} """));
        var merge = string.Join(',', Enumerable.Range(10_001, 1001).Select(n => $$"""{"id": {{n}}, "half": 9, "value": "{{(n % 2 == 0 ? "b" : "a")}}{{n}}"}"""));

        var created = await fixture.Client.OneAsync($$"""{"entity": "reading", "action": "create", "store_params": [{{rows}}]}""");
        var merged = await fixture.Client.OneAsync($$"""{"entity": "reading", "action": "upsert", "store_params": [{{merge}}]}""");
        var deleted = await fixture.Client.OneAsync(
            """{"entity": "reading", "action": "delete", "query_params": {"half": 9}, "metadata_params": {"max_affected": 5000}}""");

        Assert.Equal(1000, created.Expect(200).Result.GetProperty("affected").GetInt32());
        Assert.Equal(
            ["created 1", "unchanged 500", "updated 500"],
            merged.Expect(200).Result.GetProperty("outcomes").EnumerateArray().CountBy(outcome => outcome.GetString()!)
                .Select(pair => $"{pair.Key} {pair.Value}").Order(StringComparer.Ordinal));
        Assert.Equal(501, merged.Result.GetProperty("affected").GetInt32());
        Assert.Equal(1001, deleted.Expect(200).Data.Count);
    }

    [Fact]
    public async Task One_hundred_operations_over_one_table_answer_in_order()
    {
        var operations = Enumerable.Range(1, 100).Select(n => n % 2 == 0
            ? $$"""{"id": "o{{n}}", "entity": "reading", "action": "create", "store_params": {"id": {{20_000 + n}}, "half": 7, "value": "x"} }"""
            : $$"""{"id": "o{{n}}", "entity": "reading", "action": "read", "query_params": {"half": 7}, "metadata_params": {"count": true} }""");

        var answer = await fixture.Client.ManyAsync([.. operations]);

        Assert.Equal(Enumerable.Range(0, 50), answer.Expect(200).Results.Where((_, index) => index % 2 == 0)
            .Select(result => result.GetProperty("data")[0].GetProperty("count").GetInt32()));
        Assert.Equal(Enumerable.Range(0, 100), answer.Results.Select(result => result.GetProperty("index").GetInt32()));
    }
}
