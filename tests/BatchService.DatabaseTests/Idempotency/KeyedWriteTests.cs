using System.Net;
using System.Text;
using BatchService.DatabaseTests.Identity;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Idempotency;

/// <summary>Every call that writes takes <c>Idempotency-Key</c>: whoever lost the answer repeats the call, has it, and no second effect.</summary>
public sealed class KeyedWriteTests(KeyedWriteTests.Service service) : IClassFixture<KeyedWriteTests.Service>
{
    /// <summary>POSTs that write nothing, and the removal of a job, whose repetition is told that it is gone.</summary>
    private static readonly string[] s_without =
    [
        "POST /attestations/batch/query", "POST /entities/reload", "POST /frames/validate", "POST /proofs/query/batch", "DELETE /batch/jobs/{id}",
    ];

    public static TheoryData<string> Calls => [.. KeyedWrites.All.Keys];

    [Fact]
    public void Looks_at_every_call_that_writes()
    {
        var routes = ServiceRoutes.Of(service.Services).Where(route => route.Method is not "GET").Select(route => $"{route}");

        Assert.Equal(KeyedWrites.All.Keys.Concat(s_without).Order(StringComparer.Ordinal), routes.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_repeated_write_gets_the_first_answer_has_no_second_effect_and_takes_no_other_body(string call)
    {
        var write = await KeyedWrites.All[call](service.Client);
        var before = await service.StateAsync();

        var first = await SendAsync(call, write);
        var once = await service.StateAsync();
        var again = await SendAsync(call, write);
        var other = await SendAsync(call, write with { Body = write.Body is { } body ? $"{body} " : "{}" });

        Assert.True((int)first.Status < 300 && !first.IsReplay(), first.Text);
        Assert.NotEqual(before, once);
        Assert.True(again.IsReplay(), again.Text);
        Assert.Equal(Parts(first), Parts(again));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "IDEMPOTENCY_KEY_REUSED"), (other.Status, other.Code));
        Assert.Equal(once, await service.StateAsync());
    }

    private async Task<RowsAnswer> SendAsync(string call, KeyedWrite write)
    {
        using var request = new HttpRequestMessage(new HttpMethod(call.Split(' ')[0]), write.Path);
        if (write.Body is { } body)
            request.Content = new StringContent(body, Encoding.UTF8, write.MediaType);
        request.Headers.Add("Idempotency-Key", "k");
        using var response = await service.Client.SendAsync(request);
        return await RowsAnswer.ReadAsync(response);
    }

    private static (HttpStatusCode, string, string?, string?, string?, string?) Parts(RowsAnswer answer) =>
        (answer.Status, answer.Text, answer.MediaType, answer.Header("Location"), answer.Header("Batch-Succeeded"), answer.Header("Batch-Failed"));

    /// <summary>Nothing is done here but by calls: no workers, no passes.</summary>
    public sealed class Service : RowsFixture
    {
        /// <summary>Everything that the service has stored, but for the keys and the audit.</summary>
        internal async Task<string> StateAsync()
        {
            var tables = await ListAsync("""
                SELECT format('SELECT %L || md5(coalesce(string_agg(t::text, '','' ORDER BY t::text), '''')) FROM %I.%I t', tablename, schemaname, tablename)
                FROM pg_tables
                WHERE (schemaname = 'batch' AND tablename NOT LIKE 'idempotency%' AND tablename NOT LIKE 'audit%') OR tablename = 'word'
                ORDER BY tablename
                """);
            return string.Join('\n', await ListAsync(string.Join(" UNION ALL ", tables)));
        }

        protected override void Configure(IDictionary<string, string?> settings)
        {
            base.Configure(settings);
            settings["Atlas:DebounceMilliseconds"] = "1";
            settings["Jobs:Workers"] = "0";
            settings["Jobs:MaxRunningPerCaller"] = "100";
            settings["Notebooks:CostIntervalSeconds"] = "86400";
            settings["Proofs:SealInterval"] = "7.00:00:00";
        }
    }
}
