using System.Net;
using System.Text.Json;
using BatchService.Batching;
using BatchService.DatabaseTests.Identity;
using BatchService.DatabaseTests.Rows;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace BatchService.DatabaseTests.Operating;

/// <summary>Every batch that writes leaves one row that says who, when and by which request; nothing else does.</summary>
public sealed class AuditTests(IdentityFixture service) : IClassFixture<IdentityFixture>
{
    private const string BestEffort = """{"atomic":false,"continueOnError":true}""";

    [Fact]
    public async Task An_atomic_batch_leaves_its_row_under_the_id_that_it_was_answered_with()
    {
        using var client = Client("audit-atomic");
        using var response = await client.PostAsync(OperatingCalls.Create, OperatingCalls.Rows(3), ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));

        var row = Assert.Single(await ListAsync("caller=audit-atomic"));

        Assert.Equal(response.Header("Batch-Id"), row.GetProperty("batch_id").GetString());
        Assert.Equal("POST /entities/{entity}/batch", row.GetProperty("route").GetString());
        Assert.Equal("atomic", row.GetProperty("mode").GetString());
        Assert.Equal((3, 0, 0), Counts(row));
        Assert.Equal(JsonValueKind.Null, row.GetProperty("job_id").ValueKind);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", row.GetProperty("trace_id").GetString());
        Assert.InRange(row.GetProperty("at").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow);
    }

    [Fact]
    public async Task An_atomic_batch_of_operations_counts_its_operations()
    {
        using var client = Client("audit-operations");
        using var response = await client.PostAsync("/batch", """{"operations":[{"entity":"plain","action":"create","store_params":{"name":"a"}},{"entity":"plain","action":"read","query_params":{"name":"a"}}]}""");

        var row = Assert.Single(await ListAsync("caller=audit-operations"));

        Assert.Equal(("POST /batch", 2), (row.GetProperty("route").GetString(), row.GetProperty("completed").GetInt32()));
        Assert.Matches(@"^parse;dur=[\d.]+, write;dur=[\d.]+, total;dur=[\d.]+$", response.Header("Server-Timing"));
    }

    [Fact]
    public async Task A_best_effort_batch_gets_its_counts_at_the_end()
    {
        using var client = Client("audit-effort");
        using var response = await client.PostAsync(
            OperatingCalls.Create, $$"""{"action":"create","items":[{"name":"a"},{"nme":"b"},{"name":"c"}],"options":{{BestEffort}}}""");

        var row = await EndedAsync("caller=audit-effort");

        Assert.Equal(HttpStatusCode.MultiStatus, response.StatusCode);
        Assert.Equal(("best_effort", response.Header("Batch-Id")), (row.GetProperty("mode").GetString(), row.GetProperty("batch_id").GetString()));
        Assert.Equal((2, 1, 0), Counts(row));
    }

    [Fact]
    public async Task A_stream_is_one_batch_whatever_its_chunks()
    {
        using var client = Client("audit-stream");
        var lines = string.Concat(Enumerable.Range(0, 2_500).Select(index => $"{{\"name\":\"s{index}\"}}\n"));
        using var response = await client.PostAsync($"{OperatingCalls.Create}?action=create&atomic=false&continueOnError=true", lines);
        await response.Content.ReadAsStringAsync();

        var row = await EndedAsync("caller=audit-stream");

        Assert.Equal((2_500, 0, 0), Counts(row));
        Assert.Equal(response.Header("Batch-Id"), row.GetProperty("batch_id").GetString());
    }

    [Theory]
    [InlineData("aborted", """{"operations":[{"entity":"plain","action":"create","store_params":{"name":"a"}},{"entity":"plain","action":"delete","query_params":{"plain_id":-1}}]}""")]
    [InlineData("read", """{"operations":[{"entity":"plain","action":"read"}]}""")]
    [InlineData("dry", """{"operations":[{"entity":"plain","action":"create","store_params":{"name":"a"}}],"options":{"validateOnly":"execute"}}""")]
    [InlineData("refused", """{"operations":[{"entity":"ghost","action":"read"}]}""")]
    public async Task What_has_written_nothing_leaves_no_row(string caller, string body)
    {
        using var client = Client($"audit-{caller}");
        using var response = await client.PostAsync("/batch", body);

        Assert.Empty(await ListAsync($"caller=audit-{caller}"));
    }

    [Fact]
    public async Task A_repetition_leaves_no_row_of_its_own_and_has_no_id()
    {
        using var client = Client("audit-replay");
        using var first = await client.PostAsync(OperatingCalls.Create, OperatingCalls.Rows(2), ("Idempotency-Key", "audit"));
        using var second = await client.PostAsync(OperatingCalls.Create, OperatingCalls.Rows(2), ("Idempotency-Key", "audit"));

        Assert.Equal("true", second.Header("Idempotent-Replayed"));
        Assert.Null(second.Header("Batch-Id"));
        Assert.Equal(first.Header("Batch-Id"), Assert.Single(await ListAsync("caller=audit-replay")).GetProperty("batch_id").GetString());
    }

    [Fact]
    public async Task A_job_is_one_row_that_its_end_completes()
    {
        using var client = Client("audit-job");
        using var response = await client.PostAsync(
            "/batch/jobs", """{"job_type":"rows","options":{"entity":"plain","action":"create"},"items":[{"name":"a"},{"nme":"b"},{"name":"c"}]}""");
        var job = (await response.JsonAsync()).GetProperty("batch_job_id").GetString();

        var row = await EndedAsync("caller=audit-job");

        Assert.Equal(("job", job), (row.GetProperty("mode").GetString(), row.GetProperty("job_id").GetString()));
        Assert.Equal((2, 1, 0), Counts(row));
    }

    [Fact]
    public async Task A_row_never_tells_what_was_written()
    {
        using var client = Client("audit-secret");
        using var response = await client.PostAsync("/batch", """{"operations":[{"entity":"plain","action":"create","store_params":{"name":"PAYLOAD-7"}}]}""");

        Assert.Equal("0", await service.TextAsync("SELECT count(*) FROM batch.audit AS a WHERE a::text LIKE '%PAYLOAD-7%'"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task The_list_is_paged_newest_first_and_bounded_by_times()
    {
        using var client = Client("audit-pages");
        for (var call = 0; call < 3; call++)
        {
            using var response = await client.PostAsync(OperatingCalls.Create, OperatingCalls.Rows(1));
            await RowsWait.UntilAsync(async () => (await ListAsync("caller=audit-pages")).Count == call + 1);
        }

        var all = await ListAsync("caller=audit-pages");
        var middle = all[1].GetProperty("at").GetString()!;
        using var first = await client.GetAsync("/batch/audit?caller=audit-pages&limit=2");
        var cursor = (await first.JsonAsync()).GetProperty("next_cursor").GetString();
        var rest = await ListAsync($"caller=audit-pages&limit=2&cursor={cursor}");

        Assert.Equal(all.Select(Id).OrderDescending(StringComparer.Ordinal), all.Select(Id));
        Assert.Equal(Id(all[2]), Id(Assert.Single(rest)));
        Assert.Contains(Id(all[1]), (await ListAsync($"caller=audit-pages&since={middle}")).Select(Id));
        Assert.DoesNotContain(Id(all[1]), (await ListAsync($"caller=audit-pages&until={middle}")).Select(Id));
    }

    [Theory]
    [InlineData("since=yesterday", 400)]
    [InlineData("limit=501", 400)]
    [InlineData("cursor=x", 400)]
    [InlineData("who=me", 400)]
    public async Task Refuses_what_it_does_not_understand(string query, int status)
    {
        using var client = Client("audit-bad");
        using var response = await client.GetAsync($"/batch/audit?{query}");

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Is_for_those_with_the_scope()
    {
        using var client = service.With(TokenText.Of(("scope", "batch:read batch:write")));
        using var response = await client.GetAsync("/batch/audit");

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task Old_rows_are_removed()
    {
        using var young = Client("audit-young");
        using var response = await young.PostAsync(OperatingCalls.Create, OperatingCalls.Rows(1));
        await service.ExecuteAsync("INSERT INTO batch.audit (batch_id, caller, at, route, mode) VALUES ('01700000-0000-7000-8000-000000000001', 'audit-old', '2020-01-01', 'POST /batch', 'atomic')");
        Assert.Single(await ListAsync("caller=audit-old"));
        using var log = new AuditLog(
            service.Database,
            Options.Create(new AuditOptions { PruneSeconds = 1 }),
            TimeProvider.System,
            NullLogger<AuditLog>.Instance);
        await log.StartAsync(CancellationToken.None);
        await RowsWait.UntilAsync(async () => await service.TextAsync("SELECT count(*) FROM batch.audit WHERE caller = 'audit-old'") == "0");
        await log.StopAsync(CancellationToken.None);

        // One of today is still there.
        Assert.Single(await ListAsync("caller=audit-young"));
    }

    private HttpClient Client(string subject) => service.With(OperatingCalls.Token(subject));

    private static string Id(JsonElement row) => row.GetProperty("batch_id").GetString()!;

    private static (int, int, int) Counts(JsonElement row) =>
        (row.GetProperty("completed").GetInt32(), row.GetProperty("failed").GetInt32(), row.GetProperty("skipped").GetInt32());

    private async Task<IReadOnlyList<JsonElement>> ListAsync(string query)
    {
        using var admin = Client("audit-admin");
        using var response = await admin.GetAsync($"/batch/audit?{query}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return [.. (await response.JsonAsync()).GetProperty("batches").EnumerateArray()];
    }

    private async Task<JsonElement> EndedAsync(string query)
    {
        await RowsWait.UntilAsync(async () => (await ListAsync(query)) is [var row] && row.GetProperty("completed").ValueKind == JsonValueKind.Number);
        return (await ListAsync(query))[0];
    }
}
