using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Idempotency;

/// <summary>The service on the row tables, with small chunks, so that a best-effort batch commits in many parts.</summary>
public class IdempotencyFixture : RowsFixture
{
    public const int ChunkRows = 10;

    protected override void Configure(IDictionary<string, string?> settings)
    {
        base.Configure(settings);
        settings["Batch:ChunkRows"] = $"{ChunkRows}";
    }
}
