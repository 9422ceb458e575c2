using System.Text.Json;

namespace BatchService.DatabaseTests.Entities;

/// <summary>Optimistic concurrency by <c>$etag</c> and <c>if_match</c>.</summary>
public sealed class EntityEtagTests(EntityShopFixture fixture) : IClassFixture<EntityShopFixture>
{
    private async Task<string> CreateAsync(int hall) => Etag((await fixture.Client.OneAsync(
        $$"""{"entity": "seat", "action": "create", "store_params": {"hall": {{hall}}, "place": 1, "holder": "a"} }""")).Expect(200).Row);

    private Task<EntityAnswer> UpdateAsync(int hall, string ifMatch, string holder = "b") => fixture.Client.OneAsync($$"""
        {"entity": "seat", "action": "update", "query_params": {"hall": {{hall}} }, "store_params": {"holder": "{{holder}}"},
         "metadata_params": {"if_match": {{ifMatch}} } }
        """);

    private static string Etag(JsonElement row) => $"\"{row.GetProperty("$etag").GetString()}\"";

    [Fact]
    public async Task Every_answer_gives_the_etag_of_the_row_as_it_is_now()
    {
        var created = await CreateAsync(1);

        var read = await fixture.Client.OneAsync("""{"entity": "seat", "action": "read", "query_params": {"hall": 1}}""");
        var some = await fixture.Client.OneAsync(
            """{"entity": "seat", "action": "read", "query_params": {"hall": 1}, "metadata_params": {"properties": "place"}}""");
        var updated = await UpdateAsync(1, created);
        var again = await fixture.Client.OneAsync("""{"entity": "seat", "action": "read", "query_params": {"hall": 1}}""");

        Assert.Equal(created, Etag(read.Expect(200).Row));
        Assert.Equal(created, Etag(some.Expect(200).Row));
        Assert.NotEqual(created, Etag(updated.Expect(200).Row));
        Assert.Equal(Etag(updated.Row), Etag(again.Row));
    }

    [Theory]
    [InlineData("update")]
    [InlineData("delete")]
    public async Task A_row_that_changed_since_is_left_as_it_is(string action)
    {
        var hall = 10 + action[0];
        var etag = await CreateAsync(hall);
        await fixture.Database.ExecuteAsync($"UPDATE seat SET colour = 'black' WHERE hall = {hall}");

        var answer = await fixture.Client.OneAsync($$"""
            {"entity": "seat", "action": "{{action}}", "query_params": {"hall": {{hall}} }, "metadata_params": {"if_match": {{etag}} }
             {{(action == "update" ? """, "store_params": {"holder": "b"}""" : "")}} }
            """);

        Assert.Equal("/operations/0/query_params", answer.ExpectError(412, "PRECONDITION_FAILED").Pointer);
        Assert.Equal("a,black", await fixture.Database.RowsAsync($"SELECT holder, colour FROM seat WHERE hall = {hall}"));
    }

    [Fact]
    public async Task All_rows_of_the_filter_must_match_one_of_the_etags()
    {
        var rows = await fixture.Client.OneAsync(
            """{"entity": "seat", "action": "create", "store_params": [{"hall": 20, "place": 1}, {"hall": 20, "place": 2}]}""");
        var (first, second) = (Etag(rows.Expect(200).Data[0]), Etag(rows.Data[1]));

        (await UpdateAsync(20, first)).ExpectError(412, "PRECONDITION_FAILED");
        (await UpdateAsync(20, $"[{first}, \"0\"]")).ExpectError(412, "PRECONDITION_FAILED");
        (await UpdateAsync(20, "[]")).ExpectError(412, "PRECONDITION_FAILED");
        Assert.Equal("1, 2,", await fixture.Database.RowsAsync("SELECT place, holder FROM seat WHERE hall = 20 ORDER BY 1"));
        Assert.Equal("b b", (await UpdateAsync(20, $"[{second}, {first}]")).Expect(200).Column("holder"));
    }

    [Fact]
    public async Task In_best_effort_a_stale_etag_fails_alone()
    {
        await CreateAsync(30);
        await CreateAsync(31);

        var answer = await fixture.Client.EachAsync(
            """
            {"entity": "seat", "action": "update", "query_params": {"hall": 30}, "store_params": {"holder": "b"}, "metadata_params": {"if_match": "0"}}
            """,
            """{"entity": "seat", "action": "update", "query_params": {"hall": 31}, "store_params": {"holder": "b"}}""");

        answer.ExpectError(207, "PRECONDITION_FAILED");
        Assert.Equal("a b", await fixture.Database.RowsAsync("SELECT holder FROM seat WHERE hall IN (30, 31) ORDER BY hall"));
    }

    [Fact]
    public async Task Of_many_writers_with_the_same_etag_one_wins()
    {
        var etag = await CreateAsync(40);

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => UpdateAsync(40, etag, $"w{n}")));

        var winner = Assert.Single(answers, answer => answer.Status == 200);
        Assert.All(answers.Where(answer => answer != winner), answer => answer.ExpectError(412, "PRECONDITION_FAILED"));
        Assert.Equal(winner.Row.GetProperty("holder").GetString(), await fixture.Database.RowsAsync("SELECT holder FROM seat WHERE hall = 40"));
    }

    [Fact]
    public async Task Within_a_batch_an_update_moves_the_etag_for_the_next()
    {
        var etag = await CreateAsync(50);

        var answer = await fixture.Client.ManyAsync(
            $$"""
            {"id": "one", "entity": "seat", "action": "update", "query_params": {"hall": 50}, "store_params": {"holder": "b"}, "metadata_params": {"if_match": {{etag}} } }
            """,
            """
            {"entity": "seat", "action": "update", "query_params": {"hall": 50}, "store_params": {"holder": "c"}, "metadata_params": {"if_match": "$ref:one.$etag"}}
            """);

        Assert.Equal("c", answer.Expect(200).DataOf(1)[0].GetProperty("holder").GetString());
        (await UpdateAsync(50, etag)).ExpectError(412, "PRECONDITION_FAILED");
    }
}
