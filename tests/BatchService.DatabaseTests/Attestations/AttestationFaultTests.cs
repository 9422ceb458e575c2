using System.Net;
using BatchService.Attestations;
using BatchService.Batching;
using BatchService.DatabaseTests.Rows;
using BatchService.Http;
using Microsoft.Extensions.DependencyInjection;

namespace BatchService.DatabaseTests.Attestations;

/// <summary>What goes wrong on the way: lost connections, ids that are taken.</summary>
public sealed class AttestationFaultTests(AttestationFaultTests.Service fixture) : IClassFixture<AttestationFaultTests.Service>, IAsyncLifetime
{
    public Task InitializeAsync() => fixture.ClearAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("atomic")]
    [InlineData("best_effort")]
    public async Task Succeeds_with_the_mended_batch_after_a_failed_one(string mode)
    {
        object[] commands = [new { id = AttestationsFixture.IdOf(1), subjects = new[] { "a" } }, new { subjects = new[] { "" } }];
        Assert.Equal(1, (await fixture.Client.CreateAsync(commands, mode)).Sums().Failed);
        Assert.Equal(mode == "atomic" ? 0 : 1, await fixture.CountAsync());
        await fixture.ClearAsync();

        commands[1] = new { subjects = new[] { "b" } };
        Assert.Equal((2, 0, 2), (await fixture.Client.CreateAsync(commands, mode)).Sums());
        Assert.Equal(2, await fixture.CountAsync());
    }

    [Theory]
    [InlineData("atomic")]
    [InlineData("best_effort")]
    public async Task Stores_everything_once_though_its_connection_is_killed(string mode)
    {
        var commands = Enumerable.Range(0, 30).Select(number => new { id = AttestationsFixture.IdOf(number), subjects = new[] { "s" } }).ToList();
        Task<RowsAnswer> sending;
        await using (await fixture.HoldAsync(AttestationsFixture.IdOf(25)))
        {
            sending = fixture.Client.CreateAsync(commands, mode, chunkSize: 10);
            await RowsWait.UntilAsync(async () => (await fixture.WaitingAsync()).Count > 0);
            foreach (var backend in await fixture.WaitingAsync())
                await fixture.ExecuteAsync($"SELECT pg_terminate_backend({backend})");
        }

        var answer = await sending;
        Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, answer.Text);
        if (answer.Status == HttpStatusCode.OK)
            Assert.Equal((30, 0, 30), answer.Sums());

        // The same again: each id is there once, and says so.
        var again = await fixture.Client.CreateAsync(commands, "best_effort");
        Assert.Equal(30, await fixture.CountAsync());
        Assert.Equal(answer.Status == HttpStatusCode.OK ? 30 : 30 - again.Sums().Succeeded, again.Sums().Failed);
    }

    [Fact]
    public async Task Says_when_to_come_back_where_one_attestation_meets_a_lock()
    {
        await using var holder = await fixture.HoldAsync(AttestationsFixture.IdOf(1));

        var answer = await fixture.Client.PostAsync("/attestations", new { id = AttestationsFixture.IdOf(1), subjects = new[] { "a" } });

        Assert.Equal((HttpStatusCode.Conflict, "LOCK_TIMEOUT", "1"), (answer.Status, answer.Code, answer.Header("Retry-After")));
    }

    [Theory]
    [InlineData("atomic", 40)]
    [InlineData("best_effort", 40)]
    [InlineData("atomic", 1)]
    [InlineData("best_effort", 1)]
    public async Task Makes_another_id_when_a_generated_one_is_taken(string mode, int count)
    {
        var items = Items(count, chosen: null);
        var taken = new[] { 0, 17, 39 }.Where(position => position < count).Select(position => items[position].Attestation.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var id in taken)
            await fixture.InsertAsync(id);

        var answer = await RunAsync(items, mode);

        Assert.Equal((count, 0), (answer.Results.Totals.Successes, answer.Results.Totals.Failures));
        Assert.True(answer.Committed);
        Assert.Equal(count + taken.Count, await fixture.CountAsync());
        Assert.Equal(taken.Count, await fixture.CountAsync("source = 'test'"));
        Assert.Equal(count, await fixture.CountAsync("actors = ARRAY[id] AND source = 'api'"));
        var told = await ReadIdsAsync(answer);
        Assert.Equal((await fixture.IdsAsync()).Except(taken, StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Keeps_a_chosen_id_that_is_taken_as_a_failure_beside_generated_ones_that_are_replaced()
    {
        var chosen = AttestationsFixture.IdOf(3);
        var items = Items(10, chosen);
        await fixture.InsertAsync(chosen);
        await fixture.InsertAsync(items[7].Attestation.Id);

        var answer = await RunAsync(items, "best_effort");

        Assert.Equal((9, 1), (answer.Results.Totals.Successes, answer.Results.Totals.Failures));
        Assert.Equal(11, await fixture.CountAsync());
    }

    private static List<AttestationItem> Items(int count, string? chosen)
    {
        var reader = new AttestationReader(DateTimeOffset.UnixEpoch);
        var errors = new List<Error>();
        var items = Enumerable.Range(0, count).Select(index => reader.Read(
            new ItemInput(index, System.Text.Json.JsonElement.Parse(index == 3 && chosen is not null ? $$"""{"subjects":["s"],"id":"{{chosen}}"}""" : """{"subjects":["s"]}""")),
            $"/commands/{index}",
            errors)).ToList();
        Assert.Empty(errors);
        return items;
    }

    private async Task<ItemBatchAnswer> RunAsync(IReadOnlyList<AttestationItem> items, string mode)
    {
        var caller = CallerIdentity.Development;
        var request = new ItemBatchRequest(
            new RequestOptions(Atomic: mode == "atomic", ContinueOnError: true), caller, null, AttestationFormat.Created, null, (byte)',', _ => throw new NotSupportedException());
        var batch = ItemBatch<AttestationItem>.Of(
            [new ItemChunk<AttestationItem>(0, items.Count, items, [], [], IsLast: true)],
            run => [new AttestationWriteSet(run, representation: true) { Caller = caller }]);
        return (await fixture.Services.GetRequiredService<ItemBatchRunner>().RunAsync(batch, request, CancellationToken.None)).Answer!;
    }

    private static async Task<IReadOnlyList<string>> ReadIdsAsync(ItemBatchAnswer answer)
    {
        using var data = new MemoryStream();
        await data.WriteAsync("["u8.ToArray());
        await answer.Results.Data.CopyToAsync(data, CancellationToken.None);
        await data.WriteAsync("]"u8.ToArray());
        return [.. System.Text.Json.JsonElement.Parse(data.ToArray()).EnumerateArray().Select(one => one.Id())];
    }

    /// <summary>Does not wait long for a lock.</summary>
    public sealed class Service : AttestationsFixture
    {
        protected override void Configure(IDictionary<string, string?> settings) => settings["Database:LockTimeout"] = "00:00:00.300";
    }
}
