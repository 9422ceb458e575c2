using System.Reflection;
using BatchService.Batching;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace BatchService.Http;

/// <summary>The body of a healthy answer.</summary>
internal sealed record HealthStatus(string Status);

/// <summary><c>/healthz</c>: the process answers. <c>/readyz</c>: it can work, which ends the moment that shutdown begins.</summary>
internal static class HealthEndpoints
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <summary>The ids of the migrations that this build carries.</summary>
    private static readonly string[] s_migrations =
    [
        .. typeof(HealthEndpoints).Assembly.GetTypes().Select(type => type.GetCustomAttribute<MigrationAttribute>()?.Id).OfType<string>(),
    ];

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.AddSchemas(_ => TypeSchemas.Of(HttpJson.Wire.HealthStatus));
        routes.MapGet("/healthz", () => TypedResults.Json(new HealthStatus("alive"), HttpJson.Wire.HealthStatus))
            .WithName("GetHealth")
            .WithAnswerBody(nameof(HealthStatus), StatusCodes.Status200OK)
            .WithTags("Service")
            .OpenToAll()
            .WithSummary("The process is alive")
            .WithAnswer(StatusCodes.Status200OK, "Alive.")
            .RefuseUnknownQuery();
        routes.MapGet("/readyz", ReadyAsync)
            .WithName("GetReadiness")
            .WithAnswerBody(nameof(HealthStatus), StatusCodes.Status200OK)
            .WithTags("Service")
            .OpenToAll()
            .WithSummary("The database is reachable and migrated, and the service is not shutting down")
            .WithAnswer(StatusCodes.Status200OK, "Ready.")
            .RefuseUnknownQuery();
    }

    private static async Task<IResult> ReadyAsync(
        [FromServices] NpgsqlDataSource dataSource,
        [FromServices] IHostApplicationLifetime lifetime,
        CancellationToken cancellationToken)
    {
        var fault = lifetime.ApplicationStopping.IsCancellationRequested
            ? new Error(ErrorCodes.Overloaded, "The service is shutting down.")
            : await FindFaultAsync(dataSource, cancellationToken);
        return fault is null
            ? TypedResults.Json(new HealthStatus("ready"), HttpJson.Wire.HealthStatus)
            : Problem.Of(fault);
    }

    private static async Task<Error?> FindFaultAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        try
        {
            return await CountMissingAsync(dataSource, patience.Token) == 0
                ? null
                : new Error(ErrorCodes.DatabaseUnavailable, "The database lacks migrations of this build.");
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable)
        {
            return new Error(ErrorCodes.DatabaseUnavailable, "The database has not been migrated.");
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException || !cancellationToken.IsCancellationRequested)
        {
            return new Error(ErrorCodes.DatabaseUnavailable, "The database cannot be reached.");
        }
    }

    private static async Task<long> CountMissingAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            SELECT count(*)
            FROM unnest(@ids) AS known(id)
            WHERE NOT EXISTS (SELECT FROM batch.ef_migrations_history AS history WHERE history."MigrationId" = known.id)
            """);
        command.Parameters.Add(new NpgsqlParameter<string[]>("ids", s_migrations));
        return (long)(await command.ExecuteScalarAsync(cancellationToken) ?? 0L);
    }
}
