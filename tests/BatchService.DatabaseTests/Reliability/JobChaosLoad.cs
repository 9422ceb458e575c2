using System.Collections.Concurrent;
using System.Text.Json;
using Npgsql;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>
/// Jobs of several kinds, at least one of each running at any time, until enough has happened to those who process them; each is held
/// against the database when it has ended.
/// </summary>
internal sealed class JobChaosLoad
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly NpgsqlDataSource _database;
    private readonly ReliabilityClient _client;
    private readonly Func<HttpClient> _connect;
    private readonly ConcurrentBag<(JobChaosJob Job, JsonElement End)> _ended = [];
    private readonly List<Task> _running;
    private volatile bool _isEnough;

    public JobChaosLoad(NpgsqlDataSource database, Func<HttpClient> connect, params JobChaosKind[] kinds)
    {
        (_database, _connect) = (database, connect);
        _client = new ReliabilityClient(connect);
        _running = [.. kinds.Select(kind => Task.Run(() => RunAsync(kind))), Task.Run(WatchFencesAsync)];
    }

    /// <summary>False as soon as something that must hold did not.</summary>
    public bool Holds => _running.TrueForAll(running => !running.IsFaulted);

    /// <summary>Waits until somebody has written something of a job.</summary>
    public async Task MakesProgressAsync()
    {
        var since = TimeProvider.System.GetTimestamp();
        var before = await LatestResultAsync();
        while (Holds && await LatestResultAsync() == before)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < s_patience, $"No job made any progress within {s_patience}.");
            await Task.Delay(5);
        }
    }

    /// <summary>Lets what runs come to its end, and looks at everything that has ended once more.</summary>
    public async Task<string> FinishAsync()
    {
        _isEnough = true;
        await Task.WhenAll(_running);
        foreach (var (job, end) in _ended)
            Assert.Equal(end.ToString(), (await job.ReadAsync()).ToString());
        await using var taken = _database.CreateCommand("SELECT count(*) FROM batch.job_part WHERE fence > 1");
        return $"{_ended.Count} jobs; {await taken.ExecuteScalarAsync()} parts were taken over. {_client.Seen}";
    }

    private async Task RunAsync(JobChaosKind kind)
    {
        var held = Task.CompletedTask;
        for (var number = 0; number == 0 || !_isEnough; number++)
        {
            var job = await JobChaosJob.SubmitAsync(_client, kind, $"{kind.Name}-{number}", _connect);
            var end = await job.WatchToTheEndAsync();

            // While the next one runs.
            await held;
            held = HoldAsync(job, end);
        }
        await held;
    }

    private async Task HoldAsync(JobChaosJob job, JsonElement end)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await job.AssertHoldsAsync(_database, end);
                _ended.Add((job, end));
                return;
            }
            catch (NpgsqlException) when (TimeProvider.System.GetElapsedTime(since) < s_patience)
            {
                // The server is away again while we look.
                await Task.Delay(100);
            }
        }
    }

    /// <summary>Past the service: the fence of a part only grows, and what is done stays done.</summary>
    private async Task WatchFencesAsync()
    {
        var last = new Dictionary<(Guid, int), (long Fence, string Status)>();
        while (!_isEnough)
        {
            try
            {
                await using var command = _database.CreateCommand("SELECT batch_job_id, part, fence, status FROM batch.job_part");
                await using var reader = await command.ExecuteReaderAsync();
                while (await reader.ReadAsync())
                {
                    var part = (reader.GetGuid(0), reader.GetInt32(1));
                    var now = (Fence: reader.GetInt64(2), Status: reader.GetString(3));
                    var before = last.GetValueOrDefault(part, (0, "pending"));
                    Assert.True(now.Fence >= before.Fence, $"The fence of {part} went back from {before.Fence} to {now.Fence}.");
                    Assert.True(before.Status != "done" || now == before, $"{part} was done and then {now}.");
                    last[part] = now;
                }
            }
            catch (NpgsqlException)
            {
                // The server is away: that may be what the test is about.
            }
            await Task.Delay(20);
        }
    }

    private async Task<Guid?> LatestResultAsync()
    {
        try
        {
            await using var command = _database.CreateCommand("SELECT id FROM batch.job_result ORDER BY processed_at DESC LIMIT 1");
            return await command.ExecuteScalarAsync() as Guid?;
        }
        catch (NpgsqlException)
        {
            return null;
        }
    }
}
