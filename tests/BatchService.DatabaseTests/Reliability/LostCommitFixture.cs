using Npgsql;

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
        var direct = new NpgsqlConnectionStringBuilder(settings["ConnectionStrings:Batch"]);
        _proxy = new ReliabilityProxy(direct.Host!, direct.Port);
        settings["ConnectionStrings:Batch"] = new NpgsqlConnectionStringBuilder(direct.ConnectionString)
        {
            Host = "127.0.0.1",
            Port = _proxy.Port,
            SslMode = SslMode.Disable,
            GssEncryptionMode = GssEncryptionMode.Disable,
        }.ConnectionString;
        settings["Idempotency:LeaseSeconds"] = "1";
        settings["Batch:ChunkRows"] = "3";
        settings["Serilog:MinimumLevel"] = "Error";
    }
}
