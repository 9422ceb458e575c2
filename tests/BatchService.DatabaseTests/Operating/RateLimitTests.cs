using System.Globalization;
using System.Net;
using BatchService.DatabaseTests.Identity;

namespace BatchService.DatabaseTests.Operating;

/// <summary>A bucket of 50 operations that fills at ten a second.</summary>
public class RateLimitFixture : IdentityFixture
{
    protected override void Configure(IDictionary<string, string?> settings)
    {
        base.Configure(settings);
        settings["RateLimit:OperationsPerSecond"] = "10";
        settings["RateLimit:Burst"] = "50";
    }
}

/// <summary>Callers are limited by what they send, not by how many calls they make of it.</summary>
public sealed class RateLimitTests(RateLimitFixture service) : IClassFixture<RateLimitFixture>
{
    [Fact]
    public async Task Counts_the_items_of_a_call_and_refuses_what_is_too_much_before_anything_is_written()
    {
        using var client = service.With(OperatingCalls.Token("by-items"));
        using var first = await client.PostAsync(OperatingCalls.Create, OperatingCalls.Rows(45));
        var before = await service.TextAsync("SELECT count(*) FROM plain");
        using var second = await client.PostAsync(OperatingCalls.Create, OperatingCalls.Rows(45));

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal("\"default\";q=50;w=5", first.Header("RateLimit-Policy"));
        Assert.Matches("^\"default\";r=([5-9]|1\\d);t=[45]$", first.Header("RateLimit"));
        Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
        Assert.InRange(int.Parse(second.Header("Retry-After")!, CultureInfo.InvariantCulture), 1, 5);
        Assert.NotNull(second.Header("RateLimit"));
        var problem = await second.JsonAsync();
        Assert.Equal("RATE_LIMITED", problem.GetProperty("code").GetString());
        Assert.True(problem.GetProperty("retryable").GetBoolean());
        Assert.Equal(before, await service.TextAsync("SELECT count(*) FROM plain"));
    }

    [Theory]
    [InlineData("/batch", "operations", """{"entity":"plain","action":"create","store_params":{"name":"o"}}""")]
    [InlineData("/attestations/batch", "commands", """{"subjects":["a"]}""")]
    [InlineData("/attestations/batch/query", "filters", """{"subjects":["a"]}""")]
    [InlineData("/attestations/batch/delete", "ids", "\"AS00USER100LIKESSL00WORKA0000BOB\"")]
    [InlineData("/frames/batch", "frames", """{"id":"f"}""")]
    [InlineData("/notebooks/00000000-0000-0000-0000-000000000001/batch", "entries", """{"content":"c"}""")]
    [InlineData("/devices/enroll/batch", "items", """{"device_id":"d"}""")]
    [InlineData("/proofs/lock/batch", "items", """{"device_id":"d"}""")]
    [InlineData("/proofs/query/batch", "items", """{"device_id":"d"}""")]
    [InlineData("/batch/jobs", "items", """{"subjects":["a"]}""")]
    public async Task Counts_what_every_door_calls_its_items_alike_and_the_call_itself_with_them(string path, string list, string item)
    {
        using var client = service.With(TokenText.Of(
            ("sub", $"by {path}"),
            ("scope", "batch:write attestations:read attestations:write attestations:delete frames:write notebooks:write devices:write proofs:read proofs:write jobs:write")));
        var body = $$"""{"{{list}}":[{{string.Join(',', Enumerable.Repeat(item, 45))}}]}""";
        using var first = await client.PostAsync(path, body);
        using var second = await client.PostAsync(path, body);

        // Also what is refused afterwards had to be read.
        Assert.NotEqual(HttpStatusCode.Forbidden, first.StatusCode);
        Assert.Matches("^\"default\";r=([5-9]|1\\d);t=[45]$", first.Header("RateLimit"));
        Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
    }

    [Fact]
    public async Task Lets_one_caller_alone_wait()
    {
        using var greedy = service.With(OperatingCalls.Token("greedy"));
        using var modest = service.With(OperatingCalls.Token("modest"));
        await DrainAsync(greedy);

        using var response = await modest.PostAsync(OperatingCalls.Create, OperatingCalls.Rows(1));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_call_with_more_items_than_the_bucket_holds_takes_them_all()
    {
        using var client = service.With(OperatingCalls.Token("large"));
        using var large = await client.PostAsync(OperatingCalls.Create, OperatingCalls.Rows(500));
        using var again = await client.PostAsync(OperatingCalls.Create, OperatingCalls.Rows(500));

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (large.StatusCode, again.StatusCode));
        Assert.InRange(int.Parse(again.Header("Retry-After")!, CultureInfo.InvariantCulture), 1, 5);
    }

    [Fact]
    public async Task Slows_a_stream_down_and_does_not_cut_it_off()
    {
        using var client = service.With(OperatingCalls.Token("stream"));
        var lines = string.Concat(Enumerable.Range(0, 70).Select(index => $"{{\"name\":\"s{index}\"}}\n"));

        using var response = await client.PostAsync($"{OperatingCalls.Create}?action=create&atomic=false&continueOnError=true", lines);
        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("\"successCount\":70", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_probes_whatever_was_sent()
    {
        using var client = service.With(OperatingCalls.Token("prober"));
        await DrainAsync(client);
        for (var call = 0; call < 60; call++)
        {
            using var alive = await client.GetAsync("/healthz");
            Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        }
    }

    private static async Task DrainAsync(HttpClient client)
    {
        for (var call = 0; call < 500; call++)
        {
            using var response = await client.PostAsync(OperatingCalls.Create, OperatingCalls.Rows(20));
            if (response.StatusCode == HttpStatusCode.TooManyRequests)
            {
                return;
            }
        }

        Assert.Fail("Nobody was refused.");
    }
}

/// <summary>The same limits; of its own, because its address is emptied.</summary>
public sealed class RateLimitAddressTests(RateLimitFixture service) : IClassFixture<RateLimitFixture>
{
    [Fact]
    public async Task Who_comes_without_a_valid_token_pays_from_the_bucket_of_the_address()
    {
        using var nobody = service.With("x.y.z");
        var answers = new List<HttpStatusCode>();
        for (var call = 0; call < 500 && !answers.Contains(HttpStatusCode.TooManyRequests); call++)
        {
            using var response = await nobody.PostAsync(OperatingCalls.Create, OperatingCalls.Rows(1));
            answers.Add(response.StatusCode);
        }

        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests], answers.Distinct());
        Assert.True(answers.Count > 50);
    }
}

/// <summary>Without settings, under Auth:Mode=None.</summary>
public sealed class RateLimitDefaultTests(ChinookFixture service) : IClassFixture<ChinookFixture>
{
    [Fact]
    public async Task Nobody_is_limited_where_all_are_the_same_caller()
    {
        using var response = await service.Client.GetAsync("/entities");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Null(response.Header("RateLimit"));
    }
}
