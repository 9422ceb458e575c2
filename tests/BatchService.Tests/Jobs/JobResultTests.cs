using System.Text;
using BatchService.Batching;
using BatchService.Jobs;

namespace BatchService.Tests.Jobs;

public sealed class JobResultTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Stores_what_is_decided_and_leaves_out_what_is_not()
    {
        ItemOutcome[] outcomes =
        [
            new(0, ItemStatus.Completed) { Rows = [Encoding.UTF8.GetBytes("""{"a":1}""")] },
            new(1, ItemStatus.NotExecuted),
            ItemOutcome.Failed(2, new Error(ErrorCodes.UniqueViolation, "taken", "/items/2/code")),
            new(3, ItemStatus.RolledBack),
            new(4, ItemStatus.Skipped) { CausedBy = 2 },
        ];
        var results = Read(JobResult.Write(outcomes, 100, JobOutput.FirstRow));

        Assert.Equal([(100, "success"), (102, "failed"), (103, "skipped"), (104, "skipped")], results.Select(result => (result.Index, result.Status)));
        Assert.Equal("""{"a":1}""", Encoding.UTF8.GetString(results[0].Output.Span));
        Assert.Equal((null, null, null), (results[0].ErrorCode, results[0].ErrorMessage, results[0].Pointer));
        Assert.Equal(("UNIQUE_VIOLATION", "taken", "/code"), (results[1].ErrorCode, results[1].ErrorMessage, results[1].Pointer));
        Assert.True(results[1].Output.IsEmpty);
        Assert.Equal(("ROLLED_BACK", "Rolled back"), (results[2].ErrorCode, results[2].ErrorMessage));
        Assert.Equal(("DEPENDENCY_FAILED", "Dependency failed"), (results[3].ErrorCode, results[3].ErrorMessage));
        Assert.All(results, result => Assert.Equal(s_now, result.ProcessedAt));
    }

    [Theory]
    [InlineData("/items/7/a/7", 7, "/a/7")]
    [InlineData("/7/email", 7, "/email")]
    [InlineData("/7", 7, "")]
    [InlineData("/operations/7/store_params/x", 7, "/store_params/x")]
    [InlineData("/71/email", 7, "/71/email")]
    [InlineData("/options/mode", 7, "/options/mode")]
    public void Points_into_the_item_alone(string place, int index, string expected)
    {
        var outcome = ItemOutcome.Failed(index, new Error(ErrorCodes.FieldInvalid, "bad", place));

        Assert.Equal(expected, Assert.Single(Read(JobResult.Write([outcome], 0, JobOutput.FirstRow))).Pointer);
    }

    [Fact]
    public void Redacts_outputs_and_nothing_else()
    {
        var failed = ItemOutcome.Failed(1, new Error(ErrorCodes.FieldInvalid, "bad \"ü\"", "/1/x"));
        var block = JobResult.Write([new ItemOutcome(0, ItemStatus.Completed) { Rows = ["""{"token":"s3cret"}"""u8.ToArray()] }, failed], 0, JobOutput.FirstRow);
        var results = Read(JobResult.Redact(block, _ => """{"token":null}"""u8.ToArray()));

        Assert.Equal("""{"token":null}""", Encoding.UTF8.GetString(results[0].Output.Span));
        Assert.Equal(Read(block)[1] with { Output = default }, results[1] with { Output = default });
    }

    [Theory]
    [InlineData(ItemStatus.Completed, "success")]
    [InlineData(ItemStatus.Replayed, "success")]
    [InlineData(ItemStatus.Failed, "failed")]
    [InlineData(ItemStatus.Skipped, "skipped")]
    [InlineData(ItemStatus.RolledBack, "skipped")]
    [InlineData(ItemStatus.NotExecuted, null)]
    internal void Names_the_states_of_items(ItemStatus status, string? name) => Assert.Equal(name, JobItemStatus.Of(new ItemOutcome(0, status)));

    private static List<JobResult> Read(byte[] block) => [.. JobLines.Split(block).Select(line => JobResult.Read(line, s_now))];
}
