using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using BatchService.DatabaseTests.Identity;

namespace BatchService.DatabaseTests.Operating;

/// <summary>Figures for Prometheus, for those who may see them.</summary>
public sealed class MetricsTests(IdentityFixture service) : IClassFixture<IdentityFixture>
{
    [Fact]
    public async Task Tells_the_figures_of_requests_batches_jobs_pool_and_process()
    {
        using var client = service.With(OperatingCalls.Token("metrics"));
        var before = await ReadAsync(client, "batch_items_total{outcome=\"completed\"}");
        using var response = await client.PostAsync(OperatingCalls.Create, OperatingCalls.Rows(7));
        var after = await ReadAsync(client, "batch_items_total{outcome=\"completed\"}");

        Assert.Equal(7, after - before);
        var text = await client.GetStringAsync("/metrics");
        foreach (var name in new[]
        {
            "batch_transaction_duration_seconds_count", "batch_transaction_attempts_total", "batch_gate_wait_duration_seconds_sum",
            "batch_gate_connections_in_use", "batch_gate_connections", "batch_job_queue_depth", "http_server_request_duration_seconds_bucket",
            "http_server_active_requests", "dotnet_process_memory_working_set_bytes", "dotnet_gc_collections_total",
        })
        {
            Assert.Contains($"\n{name}", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(""" "plain_id":17 """, 0, 1, 3)]
    [InlineData(""" "colour":17 """, 0, 1, 3)]
    public async Task Counts_nothing_of_an_aborted_batch_as_completed(string bad, int completed, int failed, int skipped)
    {
        using var client = service.With(OperatingCalls.Token("metrics"));
        using var first = await client.PostAsync(OperatingCalls.Create, """{"action":"create","items":[{"plain_id":17,"name":"first"}],"options":{"atomic":false}}""");
        string[] series = [.. new[] { "completed", "failed", "skipped" }.Select(outcome => $$"""batch_items_total{outcome="{{outcome}}"}""")];
        var before = await Task.WhenAll(series.Select(name => ReadAsync(client, name)));
        using var aborted = await client.PostAsync(
            OperatingCalls.Create, $$"""{"action":"create","items":[{"name":"a"},{"name":"b"},{ {{bad}} },{"name":"c"}]}""");
        var after = await Task.WhenAll(series.Select(name => ReadAsync(client, name)));

        Assert.True((int)aborted.StatusCode >= 400, await aborted.Content.ReadAsStringAsync());
        Assert.Equal([completed, failed, skipped], after.Zip(before, (now, then) => (int)(now - then)));
    }

    [Fact]
    public async Task Is_well_formed()
    {
        using var client = service.With(OperatingCalls.Token("metrics"));
        using var response = await client.GetAsync("/metrics");
        var lines = (await response.Content.ReadAsStringAsync()).TrimEnd('\n').Split('\n');

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        Assert.All(lines, line => Assert.Matches(
            """^(# HELP [a-z_][a-z0-9_]* .+|# TYPE [a-z_][a-z0-9_]* (counter|gauge|histogram)|[a-z_][a-z0-9_]*(\{([a-z_][a-z0-9_]*="[^"]*",?)+\})? ([0-9.eE+-]+|[+-]Inf|NaN))$""", line));
        var types = lines.Where(line => line.StartsWith("# TYPE", StringComparison.Ordinal)).ToList();
        Assert.Equal(types.Count, types.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task Labels_hold_nothing_that_a_client_wrote()
    {
        using var client = service.With(OperatingCalls.Token("metrics-subject"));
        using var response = await client.GetAsync("/entities/NAME-IN-A-PATH?x=VALUE-IN-A-QUERY");
        var text = await client.GetStringAsync("/metrics");

        Assert.DoesNotContain("NAME-IN-A-PATH", text, StringComparison.Ordinal);
        Assert.DoesNotContain("VALUE-IN-A-QUERY", text, StringComparison.Ordinal);
        Assert.DoesNotContain("metrics-subject", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Username", text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Asks_for_the_scope()
    {
        using var poor = service.With(TokenText.Of(("scope", "batch:read")));
        using var refused = await poor.GetAsync("/metrics");
        using var nobody = await service.CreateClient().GetAsync("/metrics");

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Unauthorized), (refused.StatusCode, nobody.StatusCode));
    }

    private static async Task<double> ReadAsync(HttpClient client, string series)
    {
        var text = await client.GetStringAsync("/metrics");
        var match = Regex.Match(text, $"^{Regex.Escape(series)} (?<value>[0-9.]+)$", RegexOptions.Multiline, TimeSpan.FromSeconds(1));
        return match.Success ? double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture) : 0;
    }
}

/// <summary>Where only the scraper can come by.</summary>
public sealed class OpenMetricsTests(OpenMetricsTests.Service service) : IClassFixture<OpenMetricsTests.Service>
{
    [Fact]
    public async Task Asks_nobody_for_a_token_where_it_is_configured_to_be_open()
    {
        using var response = await service.CreateClient().GetAsync("/metrics");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <summary>Metrics are open, under Jwt.</summary>
    public sealed class Service : IdentityFixture
    {
        protected override void Configure(IDictionary<string, string?> settings)
        {
            base.Configure(settings);
            settings["Metrics:Open"] = "true";
        }
    }
}
