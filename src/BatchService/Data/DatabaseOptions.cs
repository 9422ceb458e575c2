namespace BatchService.Data;

/// <summary>Limits of the connections, and where the embedded server keeps its data. Section <c>Database</c>.</summary>
internal sealed class DatabaseOptions
{
    public const string Section = "Database";

    /// <summary>Connections of this process at most, 1–1000; requests beyond them are refused, not queued without bound.</summary>
    public int MaxPoolSize { get; set; } = 20;

    /// <summary>How long to wait for a new connection, or for a free one in the pool; 1–30 s, in whole seconds.</summary>
    public TimeSpan ConnectionTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The server ends a statement that runs longer.</summary>
    public TimeSpan StatementTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The server ends a statement that waits longer for a lock.</summary>
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The server ends a session whose open transaction does nothing for longer.</summary>
    public TimeSpan IdleInTransactionTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How often the server looks, during a statement, whether we are still there; zero = never (on Windows it cannot).</summary>
    public TimeSpan ConnectionCheckInterval { get; set; } = OperatingSystem.IsWindows() ? TimeSpan.Zero : TimeSpan.FromSeconds(2);

    /// <summary>
    /// The connection string leads to a pooler in transaction mode (PgBouncer): no start-up options, no prepared statements unless the
    /// string asks for them. LISTEN then needs <c>ConnectionStrings:Listen</c>.
    /// </summary>
    public bool TransactionPooler { get; set; }

    /// <summary>The folder of the embedded server's data; null = the platform's place. Not used with a connection string.</summary>
    public string? DataDirectory { get; set; }
}
