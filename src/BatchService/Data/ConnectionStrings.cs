using Npgsql;

namespace BatchService.Data;

/// <summary>Makes a complete Npgsql connection string out of a configured one.</summary>
internal static class ConnectionStrings
{
    /// <summary>Adds what the service relies on; what the configured string says itself wins where it is a matter of taste.</summary>
    public static string Complete(string configured, DatabaseOptions options) => Complete(configured, options, options.TransactionPooler);

    /// <summary>The same, told whether it leads to a pooler that lends sessions by the transaction.</summary>
    public static string Complete(string configured, DatabaseOptions options, bool isPooler)
    {
        var defaults = new NpgsqlConnectionStringBuilder
        {
            ApplicationName = "BatchService",
            MaxPoolSize = options.MaxPoolSize,
            MaxAutoPrepare = isPooler ? 0 : 200,
            AutoPrepareMinUsages = 3,
            Timeout = (int)options.ConnectionTimeout.TotalSeconds,

            // The server's own limit comes first; this one is for a server that does not answer at all.
            CommandTimeout = (int)options.StatementTimeout.TotalSeconds + 5,
        };
        var builder = Parse($"{defaults.ConnectionString};{FromUrl(configured)}");

        // Without it NpgsqlBatch does not say which of its commands failed.
        builder.IncludeFailedBatchedCommand = true;
        if (isPooler)
        {
            // Both belong to a session, and whose that is changes with every transaction. The time-outs are set by each transaction anyway.
            builder.Options = null;
            builder.NoResetOnClose = true;
        }
        else
        {
            builder.Options = $"{ServerSettings(options)} {builder.Options}".TrimEnd();
        }

        return builder.ConnectionString;
    }

    /// <summary>Turns <c>postgres://user:password@host:port/database?key=value</c> into Npgsql's form; anything else stays.</summary>
    public static string FromUrl(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("postgres" or "postgresql"))
        {
            return text;
        }

        var user = url.UserInfo.Split(':', 2);
        var builder = new NpgsqlConnectionStringBuilder { Host = url.Host };
        builder.Port = url.Port > 0 ? url.Port : builder.Port;
        builder.Username = user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null;
        builder.Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null;
        builder.Database = url.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(url.AbsolutePath[1..]) : null;
        var pairs = url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2));
        foreach (var pair in pairs.Where(pair => pair.Length == 2))
        {
            // libpq says sslmode=verify-full and application_name, Npgsql SSL Mode=VerifyFull and Application Name.
            var value = Uri.UnescapeDataString(pair[1]);
            var isMode = pair[0] == "sslmode";
            var name = isMode ? "SSL Mode" : pair[0].Replace('_', ' ');
            Set(builder, name, isMode ? value.Replace("-", "", StringComparison.Ordinal) : value);
        }

        return builder.ConnectionString;
    }

    private static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException)
        {
            throw Unreadable(exception);
        }
    }

    private static void Set(NpgsqlConnectionStringBuilder builder, string key, string value)
    {
        try
        {
            builder[key] = value;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException)
        {
            throw Unreadable(exception);
        }
    }

    // It carries a password: nothing of it is repeated.
    private static StartupException Unreadable(Exception exception) => new(
        "The connection string (ConnectionStrings:Batch) cannot be read. Its form is " +
        "Host=…;Port=5432;Database=…;Username=…;Password=… or postgres://user:password@host:5432/database.",
        exception);

    // As start-up options they hold on every connection, also after the pool has reset it, and cost no round trip.
    private static string ServerSettings(DatabaseOptions options) => string.Join(' ', new (string Name, TimeSpan Value)[]
    {
        ("statement_timeout", options.StatementTimeout),
        ("lock_timeout", options.LockTimeout),
        ("idle_in_transaction_session_timeout", options.IdleInTransactionTimeout),
        ("client_connection_check_interval", options.ConnectionCheckInterval),
    }.Where(setting => setting.Value > TimeSpan.Zero).Select(setting => $"-c {setting.Name}={(long)setting.Value.TotalMilliseconds}"));
}
