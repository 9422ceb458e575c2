namespace BatchService.DatabaseTests.Reliability;

/// <summary>The service on a ledger, with short leases.</summary>
public sealed class LedgerFixture : ServiceFixture
{
    protected override DatabaseTemplate Template => ReliabilityLedger.Template;

    protected override void Configure(IDictionary<string, string?> settings)
    {
        settings["Idempotency:LeaseSeconds"] = "1";
        settings["Batch:ChunkRows"] = "3";
        settings["Serilog:MinimumLevel"] = "Error";
    }
}
