using Microsoft.Extensions.Options;

namespace BatchService.Data;

/// <summary>The PostgreSQL that the service talks to: the configured one, or an embedded one that lives as long as this object.</summary>
/// <remarks>The container ends it after the host has drained and after the data source, which was made later.</remarks>
internal sealed class DatabaseServer(IConfiguration configuration, IOptions<DatabaseOptions> options, ILogger<DatabaseServer> logger)
    : IAsyncDisposable
{
    /// <summary>The database that the embedded server holds the data in.</summary>
    public const string EmbeddedDatabase = "batch";

    private EmbeddedPostgres? _embedded;
    private string? _connectionString;

    /// <summary>Complete, with the limits of <see cref="DatabaseOptions"/>.</summary>
    public string ConnectionString =>
        _connectionString ?? throw new InvalidOperationException($"{nameof(DatabaseStartup.PrepareDatabaseAsync)} comes first.");

    /// <summary>
    /// The same for LISTEN, which needs a session of its own: <c>ConnectionStrings:Listen</c> where the other one leads to a pooler that
    /// lends sessions by the transaction.
    /// </summary>
    public string ListenConnectionString => configuration.GetConnectionString("Listen") is { Length: > 0 } configured
        ? ConnectionStrings.Complete(configured, options.Value, isPooler: false)
        : ConnectionString;

    /// <summary>Reads the connection string or starts the embedded server; throws <see cref="StartupException"/>.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (configuration.GetConnectionString("Batch") is { Length: > 0 } configured)
        {
            if (options.Value.TransactionPooler && configuration.GetConnectionString("Listen") is not { Length: > 0 })
            {
                throw new StartupException(
                    "Database:TransactionPooler needs ConnectionStrings:Listen, which leads past the pooler: LISTEN and migrations need a session of their own.");
            }

            _connectionString = ConnectionStrings.Complete(configured, options.Value);
            return;
        }

        var plan = new EmbeddedPostgresPlan(options.Value.DataDirectory is { Length: > 0 } folder ? folder : null);
        _embedded = await EmbeddedPostgres.StartAsync(plan, logger, cancellationToken);
        _connectionString = ConnectionStrings.Complete($"{_embedded.ConnectionString};Database={EmbeddedDatabase}", options.Value);
    }

    public ValueTask DisposeAsync() => _embedded?.DisposeAsync() ?? ValueTask.CompletedTask;
}
