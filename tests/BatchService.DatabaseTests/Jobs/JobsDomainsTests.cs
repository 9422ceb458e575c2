using System.Text.Json;
using System.Text.Json.Nodes;
using BatchService.DatabaseTests.Devices;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Jobs;

/// <summary>The same devices, proofs, frames and entries, by chance good or bad, come to the same at once and as a job.</summary>
public sealed class JobsDomainsTests(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    private static readonly (string, string) s_later = ("Prefer", "respond-async");

    public static TheoryData<int, bool, bool> DeviceCases => new()
    {
        { 1, false, true }, { 2, false, true }, { 3, false, false }, { 4, false, false }, { 5, true, true }, { 6, true, true },
    };

    [Theory]
    [MemberData(nameof(DeviceCases))]
    public async Task Devices_have_the_same_outcomes_in_one_call_and_as_a_job(int seed, bool atomic, bool continueOnError)
    {
        var options = new { atomic, continueOnError };
        var name = $"{seed}.{atomic}.{continueOnError}";
        foreach (var door in new[] { "now", "later", "job" })
        {
            Assert.Equal(201, (int)(await fixture.DefaultCaller.PostAsync("/devices/enroll", JsonSerializer.Serialize(DevicesClient.Device($"known-{door}-{name}")))).Status);
        }

        var outcomes = await OutcomesAsync("enrollment", "/devices/enroll/batch", Items, options);

        Assert.Contains("failed:", outcomes, StringComparison.Ordinal);
        var written = outcomes.Split(' ').Count(outcome => outcome == "success");
        foreach (var door in new[] { "now", "later", "job" })
        {
            Assert.Equal(written, await fixture.NumberAsync($"SELECT count(*) FROM batch.device WHERE device_id LIKE 'new-{door}-{name}-%'"));
        }

        IReadOnlyList<object> Items(string door)
        {
            var random = new Random(seed);
            var items = new List<object>();
            for (var number = 0; number < 25; number++)
            {
                var id = $"new-{door}-{name}-{number}";
                // Parts of ten items run beside each other: who comes first is only told within one.
                var former = number % 10 == 0 ? id : $"new-{door}-{name}-{number - 1}";
                items.Add(random.Next(number < 5 ? 20 : 10) switch
                {
                    0 => DevicesClient.Device($"known-{door}-{name}"),
                    1 => DevicesClient.Device(former),
                    2 => new { device_id = id },
                    3 => DevicesClient.Device(id, key: "ed25519:short"),
                    4 => new { device_id = id, surprise = 1 },
                    _ => DevicesClient.Device(id),
                });
            }

            items[^1] = 17;
            return items;
        }
    }

    [Theory]
    [MemberData(nameof(DeviceCases))]
    public async Task Proofs_have_the_same_outcomes_in_one_call_and_as_a_job(int seed, bool atomic, bool continueOnError)
    {
        var device = $"proofs-{seed}.{atomic}.{continueOnError}";
        await fixture.DefaultCaller.PostAsync("/devices/enroll", JsonSerializer.Serialize(DevicesClient.Device(device)));
        var outcomes = await OutcomesAsync("proof_lock", "/proofs/lock/batch", Items, new { atomic, continueOnError });

        Assert.Contains("failed:", outcomes, StringComparison.Ordinal);
        var written = outcomes.Split(' ').Count(outcome => outcome == "success");
        Assert.Equal(written * 3, await fixture.NumberAsync($"SELECT count(*) FROM batch.proof WHERE device_id = '{device}'"));

        IReadOnlyList<object> Items(string door)
        {
            var random = new Random(seed);
            List<object> items = [.. Enumerable.Range(0, 25).Select(number => random.Next(number < 5 ? 20 : 10) switch
            {
                0 => DevicesClient.Proof("nobody"),
                1 => DevicesClient.Proof(device, key: DevicesClient.OtherKey),
                2 => DevicesClient.Proof(device, hash: "sha256:short"),
                3 => new { device_id = device },
                _ => DevicesClient.Proof(device),
            })];
            items[^1] = 17;
            return items;
        }
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    [InlineData(4, false)]
    [InlineData(5, false)]
    public async Task Frames_have_the_same_outcomes_in_one_call_and_as_a_job(int seed, bool failFast)
    {
        var options = new { failFast };
        var now = await fixture.DefaultCaller.PostAsync("/frames/batch", JsonSerializer.Serialize(new { frames = Frames("now"), options }));
        var job = await fixture.DefaultCaller.RanAsync(new { job_type = "frames", items = Frames("job"), options });
        var items = await fixture.DefaultCaller.ItemsAsync(job);
        var failed = now.Root.GetProperty("validationErrors").EnumerateArray()
            .Select(fault => $"{fault.Number("index")} {fault.GetProperty("validation").GetProperty("errors")[0].Text("path")}")
            .ToList();

        Assert.Equal(now.Root.GetProperty("success").GetBoolean(), items.All(item => item.Text("status") == "success"));
        // The first one is all that a call tells that is to fail fast; a job looks at what it has read.
        var bad = items.Where(item => item.Text("status") == "failed").Take(failFast ? 1 : items.Count);
        Assert.Equal(failed, bad.Select(item => $"{item.Number("item_index")} {item.Text("error_message")!.Split(':')[0]}"));
        Assert.Equal(
            await fixture.NumberAsync($"SELECT count(*) FROM batch.frame WHERE id LIKE 'now-{seed}-%'"),
            await fixture.NumberAsync($"SELECT count(*) FROM batch.frame WHERE id LIKE 'job-{seed}-%'"));

        IReadOnlyList<JsonObject> Frames(string door)
        {
            var random = new Random(seed);
            return [.. Enumerable.Range(0, 14).Select(number => Frame($"{door}-{seed}-{number}", seed == 5 ? 9 : random.Next(10)))];
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Entries_have_the_same_outcomes_in_one_call_and_as_an_atomic_job(int seed)
    {
        var (now, job) = (await NotebookAsync(), await NotebookAsync());
        var answer = await fixture.DefaultCaller.PostAsync($"/notebooks/{now}/batch", JsonSerializer.Serialize(new { entries = Entries() }));
        var id = await fixture.DefaultCaller.RanAsync(new { job_type = "entries", items = Entries(), options = new { notebook_id = job, atomic = true } });
        var items = await fixture.DefaultCaller.ItemsAsync(id);
        var failed = answer.Root.TryGetProperty("errors", out var errors)
            ? errors.EnumerateArray().Select(error => $"{error.Text("pointer")!.Split('/')[2]}:{error.Text("code")}").DistinctBy(error => error.Split(':')[0])
            : [];

        Assert.Equal(seed == 4, (int)answer.Status == 201);
        Assert.Equal(failed, items.Where(item => item.Text("status") == "failed").Select(item => $"{item.Number("item_index")}:{item.Text("error_code")}"));
        Assert.Equal(await ContentsAsync(now), await ContentsAsync(job));

        IReadOnlyList<object> Entries()
        {
            var random = new Random(seed);
            var ids = Enumerable.Range(0, 14).Select(_ => Guid.NewGuid()).ToList();
            // What an entry refers to is looked up when all entries are in order: a batch has faults of the one kind or of the other.
            return [.. Enumerable.Range(0, 14).Select(number => (number == 0 || seed == 4 ? 9 : random.Next(8), seed) switch
            {
                (0, < 3) => new { content = "" },
                (1, < 3) => new { content = "c", surprise = 1 },
                (2, < 3) => new { content = "c", fragment_of = ids[0] },
                (3, < 3) => 17,
                (0, _) => new { content = "c", references = new[] { Guid.NewGuid() } },
                (1, _) => (object)new { content = "c", fragment_of = Guid.NewGuid(), fragment_index = 0 },
                _ => new { entry_id = ids[number], content = $"{number}", references = number == 0 ? [] : new[] { ids[0] } },
            })];
        }

        async Task<string> NotebookAsync() => (await fixture.DefaultCaller.PostAsync("/notebooks", """{ "name": "same" }""")).Root.Text("id")!;

        Task<long> ContentsAsync(string notebook) => fixture.NumberAsync(
            $"SELECT coalesce(sum(causal_position * 1000 + length(content)), 0) FROM batch.entry WHERE notebook_id = '{notebook}'");
    }

    /// <summary>At once, with the preference, and as a submitted job; all the same.</summary>
    private async Task<string> OutcomesAsync(string type, string path, Func<string, IReadOnlyList<object>> items, object options)
    {
        var caller = fixture.DefaultCaller;
        var now = await caller.PostAsync(path, JsonSerializer.Serialize(new { items = items("now"), options }));
        var later = JobsCaller.IdOf(await caller.PostAsync(path, JsonSerializer.Serialize(new { items = items("later"), options }), RowsClient.Json, s_later));
        var job = await caller.AcceptedAsync(new { job_type = type, items = items("job"), options });
        await caller.EndAsync(later);
        await caller.EndAsync(job);
        var outcomes = string.Join(' ', now.Results.Select(result => result.Text("status") switch
        {
            "completed" => "success",
            "failed" => $"failed:{result.Text("code")}",
            _ => $"skipped:{result.Text("code")}",
        }));

        Assert.Equal(outcomes, await caller.OutcomesAsync(later));
        Assert.Equal(outcomes, await caller.OutcomesAsync(job));
        return outcomes;
    }

    private static JsonObject Frame(string id, int kind)
    {
        var frame = new JsonObject
        {
            ["id"] = id,
            ["timestamp"] = "2026-01-31T10:00:00Z",
            ["branch"] = "main",
            ["module_scope"] = new JsonArray("core"),
            ["summary_caption"] = "s",
            ["reference_point"] = "r",
            ["status_snapshot"] = new JsonObject { ["next_action"] = "n" },
        };
        var (name, value) = kind switch
        {
            0 => ("branch", (JsonNode?)1),
            1 => ("keywords", new JsonArray("a", 2)),
            2 => ("capabilityTier", "chief"),
            3 => ("status_snapshot", new JsonObject()),
            4 => ("jira", null),
            5 => ("mood", "ignored"),
            _ => ("jira", "J-1"),
        };
        frame[name] = value;
        return frame;
    }
}
