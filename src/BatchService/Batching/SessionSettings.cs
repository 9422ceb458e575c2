using BatchService.Data;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Batching;

/// <summary>
/// What every transaction sets for itself, and only for itself (it must survive a transaction pooler): time-outs, the time zone, and
/// the caller's claims under the names that policies written for PostgREST and Supabase read.
/// </summary>
/// <param name="StatementTimeout">Of one statement.</param>
/// <param name="LockTimeout">Of waiting for one lock.</param>
/// <param name="IdleInTransactionTimeout">Of a transaction whose client says nothing.</param>
/// <param name="ConnectionCheckInterval">How often a running statement looks whether its client is still there; zero: never.</param>
internal sealed record SessionSettings(
    TimeSpan StatementTimeout, TimeSpan LockTimeout, TimeSpan IdleInTransactionTimeout, TimeSpan ConnectionCheckInterval)
{
    private const string Claims = "set_config('request.jwt.claims', $1, true), set_config('request.jwt.claim.sub', $2, true)";

    private readonly string _beginSql = $"""
        SELECT {Claims},
               set_config('TimeZone', 'UTC', true),
               set_config('statement_timeout', '{(long)StatementTimeout.TotalMilliseconds}', true),
               set_config('lock_timeout', '{(long)LockTimeout.TotalMilliseconds}', true),
               set_config('idle_in_transaction_session_timeout', '{(long)IdleInTransactionTimeout.TotalMilliseconds}', true),
               set_config('client_connection_check_interval', '{(long)ConnectionCheckInterval.TotalMilliseconds}', true)
        """;

    public static SessionSettings Of(DatabaseOptions options) =>
        new(options.StatementTimeout, options.LockTimeout, options.IdleInTransactionTimeout, options.ConnectionCheckInterval);

    /// <summary>The first command of a transaction; one result set.</summary>
    public NpgsqlBatchCommand ToBeginCommand(Caller caller) => WithClaims(_beginSql, caller);

    /// <summary>The command that changes the claims inside a transaction; one result set.</summary>
    public static NpgsqlBatchCommand ToClaimsCommand(Caller caller) => WithClaims($"SELECT {Claims}", caller);

    /// <summary>
    /// The command that takes a role until the end of the transaction, or, with null, gives it back; one result set. The role must be
    /// one that exists: PostgreSQL takes <c>none</c> for the connection's own.
    /// </summary>
    public static NpgsqlBatchCommand ToRoleCommand(string? role) => new("SELECT set_config('role', $1, true)")
    {
        Parameters = { new NpgsqlParameter<string> { TypedValue = role ?? "none", NpgsqlDbType = NpgsqlDbType.Text } },
    };

    private static NpgsqlBatchCommand WithClaims(string sql, Caller caller) => new(sql)
    {
        Parameters =
        {
            new NpgsqlParameter<string> { TypedValue = caller.ClaimsJson, NpgsqlDbType = NpgsqlDbType.Text },
            new NpgsqlParameter<string> { TypedValue = caller.Subject, NpgsqlDbType = NpgsqlDbType.Text },
        },
    };
}
