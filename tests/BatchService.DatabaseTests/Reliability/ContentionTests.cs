using System.Text.Json;
using Xunit.Abstractions;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>Many clients want the same few rows: money is neither made nor lost, no update is lost, and deadlocks stay inside the service.</summary>
[Collection(ReliabilityCollection.Name)]
public sealed class ContentionTests(ContentionFixture fixture, ITestOutputHelper output) : IClassFixture<ContentionFixture>
{
    private const int Clients = 16;

    [Fact]
    public async Task Keeps_the_sum_of_all_accounts_when_16_clients_transfer_between_8()
    {
        var client = new ReliabilityClient(() => fixture.Client);
        var transfers = 0;
        await RunAsync(inCi: 250, onDemand: 12_500, async (random, _) =>
        {
            var from = random.Next(ContentionFixture.Accounts) + 1;
            var to = (from + random.Next(1, ContentionFixture.Accounts) - 1) % ContentionFixture.Accounts + 1;
            var balances = await BalancesAsync(client);
            var amount = random.Next(1, 20);
            if (balances[from] < amount)
                return;
            // The two rows are locked in an order of chance: opposite orders meet each other.
            int[] order = random.Next(2) == 0 ? [from, to] : [to, from];
            var body = JsonSerializer.Serialize(new
            {
                operations = order.Select(account => (object)new
                {
                    entity = "account",
                    action = "assert",
                    query_params = new { account_id = account, balance = balances[account] },
                }).Concat(order.Select(account => new
                {
                    entity = "account",
                    action = "update",
                    store_params = new { balance = balances[account] + (account == from ? -amount : amount) },
                    query_params = new { account_id = account, balance = balances[account] },
                })),
            });
            var answer = await client.TrySendAsync("/batch", body);
            if ((int)answer!.Status == 200)
                Interlocked.Increment(ref transfers);
            else
                Assert.Contains(answer.Code, (string[])["ASSERTION_FAILED", "NOT_MODIFIED", "DEADLOCK_DETECTED", "LOCK_TIMEOUT", "OVERLOADED"]);
        });
        output.WriteLine($"{transfers} transfers. {client.Seen}");

        Assert.True(transfers > 0);
        Assert.Equal(ContentionFixture.Accounts * ContentionFixture.StartBalance, await ScalarAsync("SELECT sum(balance)::integer FROM account"));
        AssertFewDeadlocks(client);
    }

    [Fact]
    public async Task Hides_the_deadlocks_of_batches_that_lock_the_same_rows_in_opposite_orders()
    {
        var client = new ReliabilityClient(() => fixture.Client);
        var done = await RunAsync(inCi: 150, onDemand: 10_000, async (random, number) =>
        {
            var accounts = Enumerable.Range(1, ContentionFixture.Accounts).ToArray();
            random.Shuffle(accounts);
            accounts = accounts[..2];
            var (path, body) = random.Next(2) == 0
                ? ("/entities/account/batch", JsonSerializer.Serialize(new
                {
                    action = "update",
                    items = accounts.Select(account => new { account_id = account, touched = number }),
                }))
                : ("/batch", JsonSerializer.Serialize(new
                {
                    operations = accounts.Select(account => new
                    {
                        entity = "account",
                        action = "update",
                        store_params = new { touched = number },
                        query_params = new { account_id = account },
                    }),
                }));
            var answer = await client.TrySendAsync(path, body);
            Assert.True((int)answer!.Status == 200 || answer.IsRetryable, answer.Body);
        });
        output.WriteLine($"{done} batches. {client.Seen}");

        Assert.True(client.TimesSeen("200") > 0);
        AssertFewDeadlocks(client);
    }

    [Fact]
    public async Task Loses_no_update_of_one_counter_with_if_match()
    {
        const string Read = """{"operations":[{"entity":"counter","action":"read","query_params":{"counter_id":1}}]}""";
        var client = new ReliabilityClient(() => fixture.Client);
        var counted = 0;
        await RunAsync(inCi: 250, onDemand: 12_500, async (_, _) =>
        {
            var row = (await client.TrySendAsync("/batch", Read))!.Json.GetProperty("results").GetProperty("op_0").GetProperty("data")[0];
            var body = JsonSerializer.Serialize(new
            {
                operations = new[]
                {
                    new
                    {
                        entity = "counter",
                        action = "update",
                        store_params = new { value = row.GetProperty("value").GetInt32() + 1 },
                        query_params = new { counter_id = 1 },
                        metadata_params = new { if_match = row.GetProperty("$etag").GetString() },
                    },
                },
            });
            var answer = await client.TrySendAsync("/batch", body);
            if ((int)answer!.Status == 200)
                Interlocked.Increment(ref counted);
            else
                Assert.True((int)answer.Status == 412 || answer.IsRetryable, answer.Body);
        });
        output.WriteLine($"{counted} increments. {client.Seen}");

        Assert.True(counted > 0);
        Assert.Equal(counted, await ScalarAsync("SELECT value FROM counter"));
    }

    [Fact]
    public async Task Gives_a_unique_key_to_one_of_64_clients()
    {
        var client = new ReliabilityClient(() => fixture.Client);
        for (var round = ReliabilityRun.Count(inCi: 10, onDemand: 500); round > 0; round--)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(owner => client.SendUntilKnownAsync(
                "/batch",
                $$"""{"operations":[{"entity":"seat","action":"create","store_params":{"owner":{{owner}},"code":"seat-{{round}}"} }]}""",
                $"seat-{round}-{owner}")));

            var winner = Array.FindIndex(answers, answer => (int)answer.Status == 200);
            Assert.Single(answers, answer => (int)answer.Status == 200);
            Assert.All(answers.Where((_, owner) => owner != winner), answer => Assert.Equal("UNIQUE_VIOLATION", answer.Code));
            Assert.Equal(winner, await ScalarAsync($"SELECT owner FROM seat WHERE code = 'seat-{round}'"));
        }
        output.WriteLine(client.Seen);
    }

    /// <summary>Runs the work so often, shared out among the clients; gives how often.</summary>
    private async Task<int> RunAsync(int inCi, int onDemand, Func<Random, int, Task> work)
    {
        var count = ReliabilityRun.Count(inCi, onDemand);
        var seed = ReliabilityRun.Seed(output);
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            var random = new Random(seed + client);
            for (var number = Interlocked.Increment(ref next); number <= count; number = Interlocked.Increment(ref next))
                await work(random, number);
        })));
        return count;
    }

    private static async Task<Dictionary<int, int>> BalancesAsync(ReliabilityClient client)
    {
        var answer = await client.TrySendAsync("/batch", """{"operations":[{"entity":"account","action":"read"}]}""");
        return answer!.Json.GetProperty("results").GetProperty("op_0").GetProperty("data").EnumerateArray()
            .ToDictionary(row => row.GetProperty("account_id").GetInt32(), row => row.GetProperty("balance").GetInt32());
    }

    private static void AssertFewDeadlocks(ReliabilityClient client) =>
        Assert.True(client.TimesSeen("409 DEADLOCK_DETECTED") <= client.Total / 1_000, $"Deadlocks reached the clients: {client.Seen}");

    private async Task<int> ScalarAsync(string sql)
    {
        await using var command = fixture.Database.CreateCommand(sql);
        return (int)(await command.ExecuteScalarAsync())!;
    }
}
