using BatchService.Batching;

namespace BatchService.Tests.Batching;

/// <summary>Which items of a batch are still to be written after a run was interrupted.</summary>
public sealed class ItemPlanTests
{
    private static readonly ItemOutcome s_failed = ItemOutcome.Failed(2, new Error(ErrorCodes.ValidationFailed, "no"));

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "3 4")]
    public async Task Writes_nothing_behind_a_failure_that_an_earlier_run_stopped_at(bool continueOnError, string expected)
    {
        var written = new List<int>();
        var mode = new BatchMode(Atomic: false, continueOnError);
        var plan = new ItemPlan<Item>(
            _ => AsyncEnumerable.Repeat(Chunk(5), 1).GetAsyncEnumerator(CancellationToken.None),
            items =>
            {
                written.AddRange(items.Select(item => item.Index));
                return [];
            },
            mode,
            new Outcomes(),
            new ReplayedItems([new ItemOutcome(0, ItemStatus.Replayed), new ItemOutcome(1, ItemStatus.Replayed), s_failed]));

        plan.Restart(inOrder: !continueOnError, AtomicDiagnosis.NoFailures);
        await plan.NextAsync(CancellationToken.None);

        Assert.Equal(expected, string.Join(' ', written));
    }

    private static ItemChunk<Item> Chunk(int count) =>
        new(0, count, [.. Enumerable.Range(0, count).Select(index => new Item(index))], [], [], IsLast: true);

    private sealed record Item(int Index) : IBatchItem;

    private sealed class Outcomes : OutcomeSink
    {
        public override void Clear()
        {
        }

        public override Task AddAsync(IReadOnlyList<ItemOutcome> outcomes, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
