using System.Text.Json;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Jobs;

/// <summary>What is too much for a job is refused when it is submitted, and nothing of it is kept.</summary>
public sealed class JobsLimitsTests(JobsLimitsTests.Fixture fixture) : IClassFixture<JobsLimitsTests.Fixture>
{
    private static readonly (string, string) s_later = ("Prefer", "respond-async");

    [Theory]
    [InlineData(RowsClient.Json)]
    [InlineData(RowsClient.Ndjson)]
    [InlineData(RowsClient.Csv)]
    public async Task A_job_has_no_more_items_than_the_limit(string kind)
    {
        var most = await SubmitAsync(Fixture.MaxItems);
        var more = await SubmitAsync(Fixture.MaxItems + 1);

        Assert.Equal(Fixture.MaxItems, most.Root.Number("total_items"));
        AssertRefused(more, "/items");

        Task<RowsAnswer> SubmitAsync(int count)
        {
            var items = Enumerable.Range(0, count).Select(number => new { text = $"{number}" }).ToList();
            return kind == RowsClient.Json
                ? fixture.NewCaller().SubmitAsync(JobsCaller.Rows("word", items))
                : fixture.NewCaller().PostAsync(
                    "/batch/jobs?job_type=rows&entity=word&action=create",
                    kind == RowsClient.Csv ? "text\n" + string.Concat(items.Select(item => $"{item.text}\n")) : RowsClient.Lines(items),
                    kind);
        }
    }

    [Theory]
    [InlineData("operations", "/batch", "operations", "/operations")]
    [InlineData("rows", "/entities/word/batch", "items", "/items")]
    [InlineData("attestations", "/attestations/batch", "commands", "/commands")]
    [InlineData("frames", "/frames/batch", "frames", "/frames")]
    [InlineData("entries", "", "entries", "/entries")]
    public async Task An_atomic_job_has_no_more_items_than_its_limit_by_either_way(string type, string path, string array, string root)
    {
        var caller = fixture.DefaultCaller;
        if (type == "entries")
        {
            var notebook = (await caller.PostAsync("/notebooks", """{ "name": "limits" }""")).Root.Text("id");
            path = $"/notebooks/{notebook}/batch";
        }

        var options = OptionsOf(type, path);
        var most = await caller.PostAsync(path, Body(Fixture.MaxAtomicItems), RowsClient.Json, s_later);
        await caller.EndAsync(JobsCaller.IdOf(most));
        AssertRefused(await caller.PostAsync(path, Body(Fixture.MaxAtomicItems + 1), RowsClient.Json, s_later), root);
        AssertRefused(await caller.SubmitAsync(new { job_type = type, items = Items(Fixture.MaxAtomicItems + 1), options }), "/items");

        IEnumerable<object> Items(int count) => Enumerable.Range(0, count).Select(number => Item(type, number));

        string Body(int count) => JsonSerializer.Serialize(new Dictionary<string, object>
        {
            [array] = Items(count),
            [type == "attestations" ? "mode" : type == "rows" ? "action" : "options"] = type == "attestations" ? "atomic" : type == "rows" ? "create" : new { },
        }.Where(member => type is "attestations" or "rows" || member.Key == array).ToDictionary());
    }

    [Fact]
    public async Task Operations_that_need_each_other_are_no_further_apart_than_a_part_may_be_long()
    {
        var operations = Enumerable.Range(0, 1_001).Select(number => new
        {
            entity = "word",
            action = "read",
            depends_on = number == 1_000 ? new[] { "op_0" } : [],
        });
        var options = new { atomic = false, continueOnError = true };
        var call = await fixture.DefaultCaller.PostAsync("/batch", JsonSerializer.Serialize(new { operations, options }), RowsClient.Json, s_later);

        AssertRefused(call, "/operations");
    }

    [Theory]
    [InlineData("/batch/jobs?job_type=rows&entity=word&action=create")]
    [InlineData("/entities/word/batch?action=create&atomic=false")]
    public async Task A_job_has_no_more_bytes_than_the_limit(string path)
    {
        foreach (var (kind, head, line) in new[] { (RowsClient.Ndjson, "", "{\"text\":\"#\"}\n"), (RowsClient.Csv, "text\n", "#\n") })
        {
            var few = await fixture.DefaultCaller.PostAsync(path, head + line.Replace("#", new string('x', 500)), kind, s_later);
            await fixture.DefaultCaller.EndAsync(JobsCaller.IdOf(few));
            var many = await fixture.DefaultCaller.PostAsync(path, head + string.Concat(Enumerable.Repeat(line.Replace("#", new string('x', 500)), 5)), kind, s_later);

            Assert.Equal((413, "BODY_TOO_LARGE"), ((int)many.Status, many.Code));
        }
    }

    [Fact]
    public async Task A_job_sent_as_json_has_no_more_bytes_than_the_limit()
    {
        var answer = await fixture.NewCaller().SubmitAsync(JobsCaller.Rows("word", [new { text = new string('x', Fixture.MaxBytes) }]));

        Assert.Equal((413, "BODY_TOO_LARGE"), ((int)answer.Status, answer.Code));
    }

    [Fact]
    public async Task A_small_job_is_accepted_while_a_large_one_is_stored_and_the_quota_holds_all_the_same()
    {
        const int Gate = 701;
        var caller = fixture.NewCaller();
        await using var store = await fixture.ShutAsync(Gate);
        await using var work = await fixture.ShutAsync(Gate + 1);
        // Its items, seven to a block, stay before the gate.
        var large = caller.SubmitAsync(JobsCaller.Rows("word", Enumerable.Range(0, 7).Select(number => new { text = $"large-{number}" })));
        await fixture.UntilSomeoneWaitsAsync(Gate);
        var small = await caller.SubmitAsync(JobsCaller.Rows("gated", [new { gated_id = 1, gate = Gate + 1 }]));
        await store.OpenAsync();
        var refused = await large;
        var early = await caller.SubmitAsync(JobsCaller.Rows("word", [new { text = "early" }]));

        Assert.Equal(202, (int)small.Status);
        Assert.Equal((429, "JOB_QUOTA_EXCEEDED"), ((int)refused.Status, refused.Code));
        Assert.Equal((429, "JOB_QUOTA_EXCEEDED"), ((int)early.Status, early.Code));
        await work.OpenAsync();
        await caller.EndAsync(JobsCaller.IdOf(small));
        Assert.Equal(1, await fixture.NumberAsync($"SELECT count(*) FROM batch.job WHERE caller = '{caller.User}'"));
    }

    private static void AssertRefused(RowsAnswer answer, string root)
    {
        Assert.True((400, "BATCH_TOO_LARGE") == ((int)answer.Status, answer.Code), answer.Text);
        Assert.Equal(root, Assert.Single(answer.Root.GetProperty("errors").EnumerateArray()).Text("pointer"));
    }

    private static object OptionsOf(string type, string path) => type switch
    {
        "rows" => new { entity = "word", action = "create", atomic = true },
        "attestations" => new { mode = "atomic" },
        "frames" => new { },
        "entries" => new { notebook_id = path.Split('/')[2], atomic = true },
        _ => new { atomic = true },
    };

    private static object Item(string type, int number) => type switch
    {
        "operations" => new { entity = "word", action = "create", store_params = new { text = "limit" } },
        "rows" => new { text = "limit" },
        "attestations" => new { subjects = new[] { "limit" } },
        "entries" => new { content = "limit" },
        _ => new
        {
            id = $"limit-{number}",
            timestamp = "2026-01-31T10:00:00Z",
            branch = "main",
            module_scope = Array.Empty<string>(),
            summary_caption = "s",
            reference_point = "r",
            status_snapshot = new { next_action = "n" },
        },
    };

    /// <summary>Small limits, and a store of blocks of seven items that waits at a gate.</summary>
    public sealed class Fixture : JobsFixture
    {
        public const int MaxItems = 12;
        public const int MaxAtomicItems = 5;
        public const int MaxBytes = 2_048;

        protected override void Configure(IDictionary<string, string?> settings)
        {
            base.Configure(settings);
            settings["Jobs:MaxItems"] = $"{MaxItems}";
            settings["Jobs:MaxAtomicItems"] = $"{MaxAtomicItems}";
            settings["Jobs:MaxBytes"] = $"{MaxBytes}";
            settings["Jobs:MaxRunningPerCaller"] = "1";
            settings["Batch:MaxOperations"] = "2000";
        }

        protected override async Task FillAsync(Npgsql.NpgsqlDataSource database, CancellationToken cancellationToken)
        {
            await using var command = database.CreateCommand("""
                CREATE FUNCTION store_wait() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    PERFORM pg_advisory_xact_lock_shared(4711, 701);
                    RETURN NEW;
                END $$;
                CREATE TRIGGER store_wait BEFORE INSERT ON batch.job_input FOR EACH ROW WHEN (NEW.item_count = 7) EXECUTE FUNCTION store_wait();
                """);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
