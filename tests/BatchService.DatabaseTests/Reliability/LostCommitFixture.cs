namespace BatchService.DatabaseTests.Reliability;

/// <summary>The service with a proxy between it and its database.</summary>
public sealed class LostCommitFixture : ServiceFixture, IAsyncLifetime
{
    private ReliabilityProxy? _proxy;

    internal ReliabilityProxy Proxy => _proxy ?? throw new InvalidOperationException("The fixture has not been initialised.");

    protected override DatabaseTemplate Template => ReliabilityLedger.Template;

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await Proxy.DisposeAsync();
    }

    protected override void Configure(IDictionary<string, string?> settings)
    {
        _proxy = new ReliabilityProxy(settings["ConnectionStrings:Batch"]!);
        settings["ConnectionStrings:Batch"] = _proxy.ConnectionString;
        settings["Idempotency:LeaseSeconds"] = "1";
        settings["Batch:ChunkRows"] = "3";
        settings["Serilog:MinimumLevel"] = "Error";
    }
}
