using System.Text.Json;

namespace BatchService.DatabaseTests.Jobs;

/// <summary>The page <c>/jobs</c> in a real browser, which is clicked and typed into, and what the service says of it.</summary>
public sealed class JobPageTests(JobPageFixture fixture) : IClassFixture<JobPageFixture>
{
    [ChromiumFact]
    public async Task Shows_nothing_without_a_token_and_the_callers_jobs_with_one_pasted_in()
    {
        var own = await fixture.As("page-own").RanAsync(JobsCaller.Rows("word", [new { text = "own" }]));
        var others = await fixture.As("page-other").RanAsync(JobsCaller.Rows("word", [new { text = "other" }]));
        var page = await fixture.OpenAsync();
        await page.UntilAsync("document.querySelector('#message').className === 'error'");

        Assert.Equal("", await page.TextAsync("document.querySelector('#jobs').textContent"));
        Assert.Contains("token", await MessageAsync(page), StringComparison.OrdinalIgnoreCase);

        await page.TypeAsync("#token", JobPageFixture.TokenOf("page-own"));
        await page.ClickAsync("#identity button");
        await page.UntilAsync("document.querySelectorAll('#jobs tr').length === 1");

        Assert.Equal(own, await CellAsync(page, own, "id"));
        Assert.Equal("", await MessageAsync(page));
        Assert.DoesNotContain(others, await page.TextAsync("document.body.innerText"), StringComparison.Ordinal);
        Assert.EndsWith("/jobs", await page.TextAsync("location.href"), StringComparison.Ordinal);
        Assert.DoesNotContain(JobPageFixture.TokenOf("page-own")[..40], await page.TextAsync("document.documentElement.outerHTML"), StringComparison.Ordinal);
    }

    [ChromiumFact]
    public async Task Moves_the_progress_bar_of_a_running_job_by_server_sent_events_until_it_ends()
    {
        var caller = fixture.As("page-progress");
        await using var first = await fixture.ShutAsync(811);
        await using var second = await fixture.ShutAsync(812);
        var items = Enumerable.Range(0, 40).Select(number => new { gated_id = number, gate = number switch { 10 => 811, >= 20 => 812, _ => 0 } });
        var id = await caller.AcceptedAsync(JobsCaller.Rows("gated", items));
        await fixture.UntilSomeoneWaitsAsync(811);
        var page = await fixture.OpenAsync("page-progress");

        await page.UntilAsync($"{Row(id)}?.querySelector('progress').value === 25");
        Assert.Equal(("processing", "25 %", "10 of 40"), await StandingAsync(page, id));
        await page.EvaluateAsync("window.isTheSame = true");
        await first.OpenAsync();
        await page.UntilAsync($"{Row(id)}.querySelector('progress').value === 50");
        Assert.Equal(("processing", "50 %", "20 of 40"), await StandingAsync(page, id));
        await second.OpenAsync();
        await page.UntilAsync($"{Row(id)}.dataset.status === 'completed'");

        Assert.Equal(("completed", "100 %", "40 of 40"), await StandingAsync(page, id));
        Assert.Equal(100, (await page.EvaluateAsync($"{Row(id)}.querySelector('progress').value")).GetInt32());
        Assert.True((await page.EvaluateAsync("window.isTheSame")).GetBoolean());
        Assert.False(await OffersAsync(page, id, "cancel"));

        // The list was asked for twice, without and with the token; all else came by one stream.
        var calls = await page.TextAsync("performance.getEntriesByType('resource').map(call => new URL(call.name).pathname).filter(path => path.startsWith('/batch')).join(' ')");
        Assert.Equal($"/batch/jobs /batch/jobs /batch/jobs/{id}/events", calls);
    }

    [ChromiumFact]
    public async Task Goes_on_following_a_job_after_its_connection_was_lost()
    {
        var caller = fixture.As("page-lost");
        await using var gate = await fixture.ShutAsync(815);
        var items = Enumerable.Range(0, 20).Select(number => new { gated_id = number, gate = number == 10 ? 815 : 0 });
        var id = await caller.AcceptedAsync(JobsCaller.Rows("gated", items));
        await fixture.UntilSomeoneWaitsAsync(815);
        var page = await fixture.OpenAsync();
        await page.EvaluateAsync(
            """
            window.lost = 0;
            window.fetch = (fetch => (address, options) => String(address).includes('/events') && lost++ === 0
              ? Promise.resolve(new Response(new ReadableStream({ start: stream => stream.error(new TypeError('network error')) })))
              : fetch(address, options))(window.fetch)
            """);
        await page.TypeAsync("#token", JobPageFixture.TokenOf("page-lost"));
        await page.ClickAsync("#identity button");
        await page.UntilAsync("window.lost === 2");
        await gate.OpenAsync();

        await page.UntilAsync($"{Row(id)}.dataset.status === 'completed'");
        Assert.Equal(("completed", "100 %", "20 of 20"), await StandingAsync(page, id));
    }

    [ChromiumFact]
    public async Task Shows_failed_items_with_their_errors_and_what_was_sent()
    {
        var items = new object[] { new { code = "page-1" }, new { code = "page-1" }, new { code = "page-<b>2</b>", quantity = -1 }, new { code = "page-3" } };
        var id = await fixture.As("page-failed").RanAsync(JobsCaller.Rows("item", items));
        var page = await fixture.OpenAsync("page-failed");
        await page.UntilAsync($"{Row(id)} !== null");

        Assert.Equal(("2", "2 of 4"), (await CellAsync(page, id, "failed"), await CellAsync(page, id, "success")));
        await page.ClickAsync($"{Selector(id)} [data-do=items]");
        await page.UntilAsync("document.querySelectorAll('#items tr').length === 2");
        var shown = await ItemsAsync(page);

        Assert.StartsWith("1|UNIQUE_VIOLATION: ", shown[0], StringComparison.Ordinal);
        Assert.Contains("""{"code":"page-1"}""", shown[0], StringComparison.Ordinal);
        Assert.StartsWith("2|CHECK_VIOLATION: ", shown[1], StringComparison.Ordinal);
        Assert.Contains("""{"code":"page-<b>2</b>","quantity":-1}""", shown[1], StringComparison.Ordinal);

        await page.EvaluateAsync("document.querySelector('#filter').value = 'success'; document.querySelector('#filter').dispatchEvent(new Event('change'))");
        await page.UntilAsync("document.querySelector('#items td')?.textContent === '0'");
        Assert.Equal(["0", "3"], (await ItemsAsync(page)).Select(item => item.Split('|')[0]));
    }

    [ChromiumFact]
    public async Task Cancels_a_running_job_and_retries_what_it_did_not_come_to()
    {
        var caller = fixture.As("page-cancel");
        await using var gate = await fixture.ShutAsync(813);
        var items = Enumerable.Range(0, 30).Select(number => new { gated_id = 8_130 + number, gate = number >= 15 ? 813 : 0 });
        var id = await caller.AcceptedAsync(JobsCaller.Rows("gated", items));
        await fixture.UntilSomeoneWaitsAsync(813);
        var page = await fixture.OpenAsync("page-cancel");
        await page.UntilAsync($"{Row(id)}?.dataset.status === 'processing'");

        Assert.False(await OffersAsync(page, id, "retry-unprocessed"));
        await page.ClickAsync($"{Selector(id)} [data-do=cancel]");
        await page.UntilAsync($"{Row(id)}.dataset.status === 'canceled'");
        await gate.OpenAsync();

        Assert.Equal("canceled", (await caller.StatusAsync(id)).Text("status"));
        Assert.False(await OffersAsync(page, id, "cancel"));
        Assert.False(await OffersAsync(page, id, "retry"));
        await page.ClickAsync($"{Selector(id)} [data-do=retry-unprocessed]");
        await page.UntilAsync("document.querySelectorAll('#jobs tr').length === 2 && document.querySelector('#jobs tr').dataset.status === 'completed'");
        var retried = await caller.StatusAsync(await page.TextAsync("document.querySelector('#jobs tr .id').textContent"));

        Assert.Equal((id, 20, 20), (retried.Text("retry_of"), retried.Number("total_items"), retried.Number("success_items")));
        Assert.Equal(30, await fixture.NumberAsync("SELECT count(DISTINCT gated_id) FROM gated WHERE gated_id >= 8130"));
    }

    [ChromiumFact]
    public async Task Retries_failed_items_when_the_cause_is_gone()
    {
        var caller = fixture.As("page-retry");
        await fixture.ExecuteAsync("INSERT INTO item (code) VALUES ('page-taken')");
        var id = await caller.RanAsync(JobsCaller.Rows("item", [new { code = "page-free" }, new { code = "page-taken" }]));
        var page = await fixture.OpenAsync("page-retry");
        await page.UntilAsync($"{Row(id)}?.dataset.status === 'completed'");

        Assert.False(await OffersAsync(page, id, "retry-unprocessed"));
        await fixture.ExecuteAsync("DELETE FROM item WHERE code = 'page-taken'");
        await page.ClickAsync($"{Selector(id)} [data-do=retry]");
        await page.UntilAsync("document.querySelectorAll('#jobs tr').length === 2 && document.querySelector('#jobs tr').dataset.status === 'completed'");

        var second = await page.TextAsync("document.querySelector('#jobs tr .id').textContent");
        Assert.Equal("1 of 1", await CellAsync(page, second, "success"));
        Assert.False(await OffersAsync(page, second, "retry"));
        Assert.Equal((id, 1), ((await caller.StatusAsync(second)).Text("retry_of"), (await caller.StatusAsync(second)).Number("success_items")));
        Assert.Equal(1, await fixture.NumberAsync("SELECT count(*) FROM item WHERE code = 'page-taken'"));
    }

    [ChromiumFact]
    public async Task Says_why_the_service_refuses_what_was_clicked()
    {
        var caller = fixture.As("page-refused");
        var id = await caller.RanAsync(JobsCaller.Rows("item", [new { code = "page-refused", quantity = -1 }]));
        var page = await fixture.OpenAsync("page-refused");
        await page.UntilAsync($"{Row(id)} !== null");
        await caller.SendAsync(HttpMethod.Delete, $"/batch/jobs/{id}");
        await page.ClickAsync($"{Selector(id)} [data-do=retry]");
        await page.UntilAsync("document.querySelector('#message').className === 'error'");

        Assert.Equal((await caller.GetAsync($"/batch/jobs/{id}")).Root.Text("detail"), await MessageAsync(page));
    }

    [ChromiumFact]
    public async Task Downloads_all_results_as_lines_and_the_failed_ones_as_csv()
    {
        var caller = fixture.As("page-download");
        var id = await caller.RanAsync(JobsCaller.Rows("item", [new { code = "page-good" }, new { code = "page-é", quantity = -1 }]));
        var page = await fixture.OpenAsync("page-download");
        await page.UntilAsync($"{Row(id)} !== null");
        await page.ClickAsync($"{Selector(id)} [data-do=ndjson]");
        await page.ClickAsync($"{Selector(id)} [data-do=csv]");
        var lines = await page.DownloadedAsync($"{id}.ndjson");
        var csv = await page.DownloadedAsync($"{id}-failed.csv");

        Assert.Equal((await caller.GetAsync($"/batch/jobs/{id}/results?format=ndjson")).Text, lines);
        Assert.Equal(["success", "failed"], lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line).Text("status")));
        Assert.Equal((await caller.GetAsync($"/batch/jobs/{id}/results?format=csv&status=failed")).Text, csv);
        Assert.Contains("page-é,-1,CHECK_VIOLATION,", csv, StringComparison.Ordinal);
        Assert.DoesNotContain("page-good", csv, StringComparison.Ordinal);
    }

    [ChromiumFact]
    public async Task Shows_the_jobs_of_the_user_who_is_typed_in_where_no_token_is_needed()
    {
        await using var open = new OpenService();
        await open.InitializeAsync();
        var own = await open.NewCaller().RanAsync(JobsCaller.Rows("word", [new { text = "own" }]));
        var page = await fixture.OpenAsync(open.Address);
        await page.UntilAsync("document.querySelector('#message').textContent === 'No jobs yet.'");
        await page.TypeAsync("#user", "caller-1");
        await page.ClickAsync("#identity button");
        await page.UntilAsync("document.querySelectorAll('#jobs tr').length === 1");

        Assert.Equal(("completed", "100 %", "1 of 1"), await StandingAsync(page, own));
    }

    [Fact]
    public async Task Loads_nothing_from_elsewhere()
    {
        foreach (var path in new[] { "/jobs", "/jobs/jobs.js", "/jobs/jobs.css" })
        {
            using var response = await fixture.Client.GetAsync(new Uri(path, UriKind.Relative));

            Assert.True(response.IsSuccessStatusCode);
            Assert.DoesNotContain("//", (await response.Content.ReadAsStringAsync()).Replace("// ", "", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.StartsWith("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        }
    }

    private static string Selector(string id) => $"#jobs tr[data-job='{id}']";

    private static string Row(string id) => $"document.querySelector(`{Selector(id)}`)";

    private static Task<string> CellAsync(ChromiumPage page, string id, string name) => page.TextAsync($"{Row(id)}.querySelector('.{name}').textContent");

    private static async Task<(string Status, string Percent, string Success)> StandingAsync(ChromiumPage page, string id) =>
        (await CellAsync(page, id, "status"), await CellAsync(page, id, "percent"), await CellAsync(page, id, "success"));

    private static Task<string> MessageAsync(ChromiumPage page) => page.TextAsync("document.querySelector('#message').textContent");

    private static async Task<bool> OffersAsync(ChromiumPage page, string id, string what) =>
        (await page.EvaluateAsync($"{Row(id)}.querySelector('[data-do={what}]').checkVisibility()")).GetBoolean();

    /// <summary>The items that are shown: index, error, what was sent, what it came to.</summary>
    private static async Task<IReadOnlyList<string>> ItemsAsync(ChromiumPage page) =>
    [
        .. (await page.EvaluateAsync("[...document.querySelectorAll('#items tr')].map(row => [...row.cells].map(cell => cell.textContent).join('|'))"))
            .EnumerateArray().Select(item => item.GetString()!),
    ];

    private sealed class OpenService : JobsFixture, IAsyncDisposable
    {
        protected override bool IsListening => true;

        async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();
    }
}
