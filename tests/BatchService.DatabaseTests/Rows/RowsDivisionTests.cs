using System.Net;

namespace BatchService.DatabaseTests.Rows;

/// <summary>Failing sets are divided until every bad row is found, whatever their pattern and whatever the table does.</summary>
public sealed class RowsDivisionTests(RowsFixture fixture) : IClassFixture<RowsFixture>, IAsyncLifetime
{
    public Task InitializeAsync() => fixture.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("alternating", 1_200)]
    [InlineData("all", 1_200)]
    [InlineData("first", 1_000)]
    [InlineData("last", 1_000)]
    [InlineData("first and last", 2_001)]
    [InlineData("last half", 500)]
    [InlineData("all", 1)]
    [InlineData("first", 2)]
    public async Task Reports_exactly_the_bad_rows_and_stores_exactly_the_others(string pattern, int count)
    {
        var answer = await fixture.Client.PostRowsAsync("stamp", "create", Stamps(count, pattern), RowsClient.BestEffort);

        Assert.Equal(Enumerable.Range(0, count).Where(IsBad), FailedIndexes(answer));
        Assert.All(answer.Results.Where(result => IsBad(result.GetProperty("index").GetInt32())), result =>
            Assert.Equal("CHECK_VIOLATION", result.GetProperty("code").GetString()));
        Assert.Equal(
            Enumerable.Range(0, count).Where(index => !IsBad(index)).Select(index => $"{index}"), await fixture.ListAsync("SELECT n FROM stamp ORDER BY n"));

        bool IsBad(int index) => RowsDivisionTests.IsBad(pattern, index, count);
    }

    [Theory]
    [InlineData("alternating")]
    [InlineData("all")]
    [InlineData("last half")]
    public async Task Finds_all_failures_of_an_atomic_batch_of_dense_failures_and_stores_nothing(string pattern)
    {
        var answer = await fixture.Client.PostRowsAsync("stamp", "create", Stamps(600, pattern), new { atomic = true, continueOnError = true });

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Equal(Enumerable.Range(0, 600).Where(index => IsBad(pattern, index, 600)), FailedIndexes(answer));
        Assert.DoesNotContain("completed", answer.Statuses, StringComparison.Ordinal);
        Assert.Equal(0, await fixture.CountAsync("stamp"));
    }

    [Theory]
    [InlineData("first", 0)]
    [InlineData("last", 699)]
    [InlineData("alternating", 1)]
    public async Task Stops_at_the_first_bad_row_and_keeps_those_before_it(string pattern, int first)
    {
        var answer = await fixture.Client.PostRowsAsync("stamp", "create", Stamps(700, pattern), new { atomic = false });

        Assert.Equal((700, first, 1, 699 - first), answer.Counts);
        Assert.Equal(first, await fixture.CountAsync("stamp"));
        Assert.Equal(Enumerable.Range(0, first).Select(index => $"{index}"), await fixture.ListAsync("SELECT n FROM stamp ORDER BY n"));
    }

    [Fact]
    public async Task Holds_never_more_than_some_fifty_subtransactions_in_one_transaction()
    {
        var answer = await fixture.Client.PostRowsAsync("stamp", "create", Stamps(300, "alternating"), RowsClient.BestEffort);

        Assert.Equal((300, 150, 150, 0), answer.Counts);
        // The rows of a subtransaction have its id as their xmin. Each good row needs one of its own here.
        var most = await fixture.ReadAsync<long>("SELECT max(n) FROM (SELECT count(DISTINCT xmin::text) AS n FROM stamp GROUP BY top) AS t");
        Assert.InRange(most, 2, 49);
        Assert.Equal(150, await fixture.ReadAsync<long>("SELECT count(DISTINCT xmin::text) FROM stamp"));
    }

    [Fact]
    public async Task Meets_each_row_with_its_own_deferred_violation()
    {
        // 3 takes the place of 1; 5 refers to nobody.
        var answer = await fixture.Client.PostRowsAsync(
            "pair",
            "create",
            [new { pair_id = 1, place = 10 }, new { pair_id = 2, place = 20 }, new { pair_id = 3, place = 10 }, new { pair_id = 4 }, new { pair_id = 5, other_id = 99 }],
            RowsClient.BestEffort);

        Assert.Equal("2:UNIQUE_VIOLATION 4:FOREIGN_KEY_VIOLATION", answer.Failures);
        Assert.Equal("pair_place_key", answer.Results[2].GetProperty("constraint").GetString());
        Assert.Equal("/items/4/other_id", answer.Results[4].GetProperty("pointer").GetString());
        Assert.Equal(["1", "2", "4"], await fixture.ListAsync("SELECT pair_id FROM pair ORDER BY 1"));
    }

    [Fact]
    public async Task Lets_rows_refer_to_later_ones_where_the_constraint_is_deferred()
    {
        var rows = Enumerable.Range(1, 50).Select(id => (object)new { pair_id = id, other_id = 51 - id });

        var answer = await fixture.Client.PostRowsAsync("pair", "create", rows);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(50, await fixture.CountAsync("pair"));
    }

    [Theory]
    [InlineData(false, "2")]
    [InlineData(true, "2 4")]
    public async Task Blames_the_rows_of_an_atomic_batch_for_deferred_violations(bool continueOnError, string failed)
    {
        var answer = await fixture.Client.PostRowsAsync(
            "pair",
            "create",
            [new { pair_id = 1, place = 10 }, new { pair_id = 2, place = 20 }, new { pair_id = 3, place = 10 }, new { pair_id = 4 }, new { pair_id = 5, other_id = 99 }],
            new { atomic = true, continueOnError });

        Assert.Equal(HttpStatusCode.Conflict, answer.Status);
        Assert.Equal(failed, string.Join(' ', FailedIndexes(answer)));
        Assert.Equal(0, await fixture.CountAsync("pair"));
    }

    [Fact]
    public async Task Fails_a_row_that_a_trigger_swallows_and_stores_its_neighbours()
    {
        var answer = await fixture.Client.PostRowsAsync(
            "picky", "create", [Wish(1, "keep"), Wish(2, "swallow"), Wish(3, "keep"), Wish(4, "refuse"), Wish(5, "keep")], RowsClient.BestEffort);

        Assert.Equal("1:NOT_MODIFIED 3:VALIDATION_FAILED", answer.Failures);
        Assert.Equal("not this one", answer.Root.GetProperty("errors").GetProperty("3").GetString());
        Assert.Equal(["1", "3", "5"], await fixture.ListAsync("SELECT picky_id FROM picky ORDER BY 1"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Aborts_an_atomic_batch_when_a_trigger_swallows_a_row(int count)
    {
        var answer = await fixture.Client.PostRowsAsync(
            "picky", "create", Enumerable.Range(0, count).Select(index => Wish(index, index == count - 1 ? "swallow" : "keep")));

        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        Assert.Equal($"{count - 1}:NOT_MODIFIED", answer.Failures);
        Assert.Equal(0, await fixture.CountAsync("picky"));
    }

    [Fact]
    public async Task Finds_the_rows_that_a_partial_unique_index_refuses()
    {
        await fixture.ExecuteAsync("INSERT INTO member VALUES (100, 'ada', true)");

        var answer = await fixture.Client.PostRowsAsync(
            "member",
            "create",
            [Member(1, "ada", false), Member(2, "ada", true), Member(3, "bob", true), Member(4, "bob", true), Member(5, "bob", false)],
            RowsClient.BestEffort);

        Assert.Equal("1:UNIQUE_VIOLATION 3:UNIQUE_VIOLATION", answer.Failures);
        Assert.Equal("member_one_active", answer.Results[1].GetProperty("constraint").GetString());
        Assert.Equal(["1", "3", "5", "100"], await fixture.ListAsync("SELECT member_id FROM member ORDER BY 1"));
    }

    [Fact]
    public async Task Keeps_the_order_of_rows_that_refer_to_rows_of_the_same_batch()
    {
        // 2 is bad, so its child 3 and grandchild 4 have nobody to refer to; 5 has.
        var answer = await fixture.Client.PostRowsAsync(
            "task",
            "create",
            [Node(1, null, "root"), Node(2, 1, null), Node(3, 2, "child"), Node(4, 3, "grandchild"), Node(5, 1, "child")],
            RowsClient.BestEffort);

        Assert.Equal("1:NOT_NULL_VIOLATION 2:FOREIGN_KEY_VIOLATION 3:FOREIGN_KEY_VIOLATION", answer.Failures);
        Assert.Equal(["1", "5"], await fixture.ListAsync("SELECT task_id FROM task ORDER BY 1"));
    }

    [Fact]
    public async Task Writes_a_tree_of_rows_that_refer_to_each_other()
    {
        var rows = Enumerable.Range(1, 3_000).Select(id => Node(id, id == 1 ? null : id / 2, "node"));

        var answer = await fixture.Client.PostRowsAsync("task", "create", rows, RowsClient.BestEffort);

        Assert.Equal((3_000, 3_000, 0, 0), answer.Counts);
        Assert.Equal(3_000, await fixture.CountAsync("task"));
    }

    [Fact]
    public async Task Fails_the_delete_of_a_row_that_others_refer_to_and_deletes_the_others()
    {
        await fixture.ExecuteAsync("INSERT INTO task VALUES (1, NULL, 'parent'), (2, 1, 'child'), (3, NULL, 'free')");

        var answer = await fixture.Client.PostRowsAsync("task", "delete", [new { task_id = 3 }, new { task_id = 1 }, new { task_id = 8 }], RowsClient.BestEffort);

        Assert.Equal("1:FOREIGN_KEY_VIOLATION 2:NOT_MODIFIED", answer.Failures);
        Assert.Equal(["1", "2"], await fixture.ListAsync("SELECT task_id FROM task ORDER BY 1"));
    }

    [Fact]
    public async Task Finds_the_bad_rows_of_an_update_and_a_delete_as_it_does_for_a_create()
    {
        await fixture.ExecuteAsync("INSERT INTO item (code, quantity) SELECT 'c' || n, n FROM generate_series(1, 400) AS n");
        var updates = Enumerable.Range(1, 400).Select(id => (object)new { item_id = id % 100 == 0 ? id + 1_000 : id, quantity = id % 100 == 7 ? -1 : 0 });

        var answer = await fixture.Client.PostRowsAsync("item", "update", updates, RowsClient.BestEffort);

        Assert.Equal(
            "6:CHECK_VIOLATION 99:NOT_MODIFIED 106:CHECK_VIOLATION 199:NOT_MODIFIED 206:CHECK_VIOLATION 299:NOT_MODIFIED 306:CHECK_VIOLATION 399:NOT_MODIFIED",
            answer.Failures);
        Assert.Equal(392, await fixture.CountAsync("item WHERE quantity = 0"));
    }

    private static IEnumerable<object> Stamps(int count, string pattern) =>
        Enumerable.Range(0, count).Select(index => (object)new { n = IsBad(pattern, index, count) ? -1 : index });

    private static bool IsBad(string pattern, int index, int count) => pattern switch
    {
        "alternating" => index % 2 == 1,
        "all" => true,
        "first" => index == 0,
        "last" => index == count - 1,
        "first and last" => index == 0 || index == count - 1,
        "last half" => index >= count / 2,
        _ => throw new ArgumentOutOfRangeException(nameof(pattern)),
    };

    private static IEnumerable<int> FailedIndexes(RowsAnswer answer) => answer.Results
        .Where(result => result.GetProperty("status").GetString() == "failed")
        .Select(result => result.GetProperty("index").GetInt32());

    private static object Wish(int id, string wish) => new { picky_id = id, wish };

    private static object Member(int id, string person, bool active) => new { member_id = id, person, active };

    private static object Node(int id, int? parent, string? title) => new { task_id = id, parent_id = parent, title };
}
