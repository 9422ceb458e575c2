using BatchService.Batching;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.Entities;

/// <summary>
/// Says once, at start, when tables have policies and the connection's role is above them: a superuser, one with BYPASSRLS, or the owner
/// of a table without FORCE. Where statements run as roles of the callers, those count and not the connection's.
/// </summary>
internal sealed partial class RowSecurityWarning(
    NpgsqlDataSource dataSource, IOptions<EntitiesOptions> options, IConfiguration configuration, ILogger<RowSecurityWarning> logger) : BackgroundService
{
    private const string Sql = """
        SELECT current_user::text, count(DISTINCT c.oid)
        FROM pg_policy AS p
        JOIN pg_class AS c ON c.oid = p.polrelid AND c.relrowsecurity
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_roles AS r ON r.rolname = current_user
        WHERE n.nspname = ANY ($1)
          AND (r.rolsuper OR r.rolbypassrls OR (pg_has_role(r.oid, c.relowner, 'USAGE') AND NOT c.relforcerowsecurity))
        HAVING count(*) > 0
        """;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (configuration["Auth:DatabaseRoleClaim"] is { Length: > 0 })
            return;
        try
        {
            await using var command = dataSource.CreateCommand(Sql);
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. options.Value.Schemas] });
            await using var reader = await command.ExecuteReaderAsync(stoppingToken);
            if (await reader.ReadAsync(stoppingToken))
                LogBypass(reader.GetString(0), reader.GetInt64(1));
        }
        catch (Exception exception) when (DatabaseFaults.IsConnectionLoss(exception) || exception is OperationCanceledException or PostgresException)
        {
            // A warning is not worth more: what needs the database says so itself.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The database role '{Role}' bypasses row-level security, and {Tables} tables have policies: connect as a role that they bind, or set Auth:DatabaseRoleClaim")]
    private partial void LogBypass(string role, long tables);
}
