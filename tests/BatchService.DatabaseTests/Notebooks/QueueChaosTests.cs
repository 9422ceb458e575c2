using System.Collections.Concurrent;
using Xunit.Abstractions;

namespace BatchService.DatabaseTests.Notebooks;

/// <summary>Many workers on one queue, some of which are killed: they take a job and are never heard of again, or answer far too late.</summary>
public sealed class QueueChaosTests(QueueChaosFixture service, ITestOutputHelper output) : IClassFixture<QueueChaosFixture>
{
    private const int Workers = 8;
    private const int Jobs = 1_000;

    private NotebookClient Client => service.Notebooks;

    [Fact]
    public async Task Every_job_is_applied_exactly_once_whoever_dies()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var id = await Client.CreateAsync();
        var target = await Client.AddAsync(id, "compared", "plain");
        await service.RunAsync("DELETE FROM batch.notebook_job WHERE notebook_id = $1", id);

        // Each completion adds a comparison that names its job: a lost effect and a double one would both show.
        await service.RunAsync(
            """
            INSERT INTO batch.notebook_job (notebook_id, id, job_type, payload, created, max_retries)
            SELECT $1, gen_random_uuid(), 'COMPARE_CLAIMS', jsonb_build_object('entry_id', $2::uuid, 'compare_against_id', gen_random_uuid()), now(), 1000
            FROM generate_series(1, $3::int)
            """,
            id, target, Jobs);
        var (killed, late) = (new ConcurrentBag<Guid>(), new ConcurrentQueue<(Guid Job, string Worker)>());

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => WorkAsync(id, worker, new Random(seed + worker), killed, late)));

        // The dead who did not come back yet do so now.
        foreach (var (job, worker) in late)
            Assert.Equal(409, (int)(await Client.CompleteAsync(id, job, Result(job, worker), worker)).Status);
        output.WriteLine($"{killed.Count} workers killed, {late.Count} of them came back when all was done");
        Assert.True(killed.Count > 20);
        Assert.Equal((long)Jobs, await service.ReadAsync<long>(
            "SELECT count(*) FROM batch.notebook_job WHERE notebook_id = $1 AND status = 'completed'", id));
        Assert.Equal(
            (await service.ReadAllAsync<Guid>("SELECT id FROM batch.notebook_job WHERE notebook_id = $1", id)).Order(),
            (await service.ReadAllAsync<Guid>(
                """
                SELECT (comparison #>> '{contradictions,0,job}')::uuid
                FROM batch.entry, jsonb_array_elements(comparisons) AS comparison WHERE notebook_id = $1 AND id = $2
                """,
                id, target)).Order());
        Assert.Equal(0L, await service.ReadAsync<long>(
            """
            SELECT count(*)
            FROM batch.entry e, jsonb_array_elements(e.comparisons) AS comparison
            JOIN batch.notebook_job j ON j.notebook_id = $1 AND j.id = (comparison #>> '{contradictions,0,job}')::uuid
            WHERE e.notebook_id = $1 AND e.id = $2 AND comparison ->> 'computed_by' <> j.claimed_by
            """,
            id, target));
    }

    private async Task WorkAsync(Guid id, int number, Random random, ConcurrentBag<Guid> killed, ConcurrentQueue<(Guid Job, string Worker)> late)
    {
        for (var life = 0; ; life++)
        {
            var worker = $"w{number}-{life}";
            while (true)
            {
                var next = await Client.NextAsync(id, worker, "&wait=3");
                if ((int)next.Status == 204)
                    return;
                var job = next.Expect(200)["id"].GetGuid();
                if (random.Next(20) == 0)
                {
                    killed.Add(job);
                    if (random.Next(2) == 0)
                        late.Enqueue((job, worker));
                    break;
                }
                if (random.Next(10) == 0 && late.TryDequeue(out var dead))
                {
                    // Perhaps too late, perhaps not, perhaps while another one has the job.
                    var answer = await Client.CompleteAsync(id, dead.Job, Result(dead.Job, dead.Worker), dead.Worker);
                    Assert.True((int)answer.Status is 200 or 409, $"{answer.Status} {answer.Body}");
                }
                if (random.Next(20) == 0)
                {
                    Assert.True((int)(await Client.FailAsync(id, job, worker)).Status is 200 or 409);
                    continue;
                }

                // On a busy machine a lease of one second can run out before the answer arrives: the job goes to somebody else then.
                var reply = await Client.CompleteAsync(id, job, Result(job, worker), worker);
                Assert.True((int)reply.Status is 200 or 409, $"{reply.Status} {reply.Body}");
            }
        }
    }

    private static string Result(Guid job, string worker) =>
        $$"""{ "entropy": 0.1, "friction": 0.1, "contradictions": [ { "job": "{{job}}", "worker": "{{worker}}" } ] }""";
}

/// <summary>Notebooks with leases that run out soon.</summary>
public sealed class QueueChaosFixture : NotebooksFixture
{
    protected override void Configure(IDictionary<string, string?> settings)
    {
        base.Configure(settings);
        settings["Notebooks:LeaseSeconds"] = "1";
    }
}
