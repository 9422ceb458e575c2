namespace BatchService.DatabaseTests.Notebooks;

/// <summary>Causal positions under load: consecutive, increasing, without gaps.</summary>
public sealed class PositionTests(NotebooksFixture service) : IClassFixture<NotebooksFixture>
{
    private NotebookClient Client => service.Notebooks;

    [Fact]
    public async Task Parallel_batches_get_consecutive_positions_without_gaps_and_failing_ones_leave_none()
    {
        const int writers = 16;
        const int rounds = 5;
        var id = await Client.CreateAsync();
        string[] batch = [.. Enumerable.Range(0, 7).Select(index => NotebookClient.Entry($"entry {index}"))];

        // The bad one names an entry that is not there: it is found out after its positions were taken.
        string[] bad = [NotebookClient.Entry(), $$"""{ "content": "c", "references": ["{{Guid.NewGuid()}}"] }"""];

        var replies = await Task.WhenAll(Enumerable.Range(0, writers).Select(async writer =>
        {
            var got = new List<NotebookReply>();
            for (var round = 0; round < rounds; round++)
            {
                (await Client.BatchAsync(id, bad)).Expect(400);
                got.Add((await Client.BatchAsync(id, batch)).Expect(201));
            }
            return got;
        }));

        var total = writers * rounds * batch.Length;
        foreach (var reply in replies.SelectMany(got => got))
        {
            var positions = reply.All("results", "causal_position").Select(int.Parse).ToList();
            Assert.Equal(Enumerable.Range(positions[0], batch.Length), positions);
        }
        Assert.Equal(
            Enumerable.Range(1, total).Select(position => (long)position),
            await service.ReadAllAsync<long>("SELECT causal_position FROM batch.entry WHERE notebook_id = $1 ORDER BY 1", id));
        Assert.Equal(total, (await Client.GetAsync($"/notebooks/{id}")).Expect(200)["current_sequence"].GetInt32());
        Assert.Equal((long)total, await service.ReadAsync<long>("SELECT count(*) FROM batch.notebook_job WHERE notebook_id = $1", id));
        Assert.True(await service.ReadAsync<bool>(
            "SELECT array_agg(causal_position ORDER BY created, id) = array_agg(causal_position ORDER BY causal_position) FROM batch.entry WHERE notebook_id = $1", id));
    }

    [Fact]
    public async Task A_reader_sees_all_of_a_batch_or_nothing()
    {
        const int size = 20;
        var id = await Client.CreateAsync();
        string[] batch = [.. Enumerable.Range(0, size).Select(index => NotebookClient.Entry($"entry {index}"))];
        var writing = Task.Run(async () =>
        {
            for (var round = 0; round < 20; round++)
                (await Client.BatchAsync(id, batch)).Expect(201);
        });

        do
        {
            var seen = (await Client.GetAsync($"/notebooks/{id}/observe?since=0&limit=500")).Expect(200);
            Assert.Equal(0, seen["changes"].GetArrayLength() % size);
            Assert.Equal(seen["current_sequence"].GetInt32(), seen["changes"].GetArrayLength());
        }
        while (!writing.IsCompleted);
        await writing;
    }
}
