using System.Net.Sockets;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using Polly;
using Polly.Retry;

namespace BatchService.Data;

/// <summary>A step that fills the database at start, after the migrations; register with <c>AddSingleton&lt;DatabaseSeed&gt;</c>.</summary>
internal delegate Task DatabaseSeed(NpgsqlDataSource dataSource, CancellationToken cancellationToken);

/// <summary>What must be done before the service listens: a server that runs, migrations applied, seeds sown.</summary>
internal static class DatabaseStartup
{
    /// <summary>A server that is there and does not answer in time is busy, and worth another try; one that is not there is told at once.</summary>
    private static readonly ResiliencePipeline s_whileBusy = new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = 5,
            Delay = TimeSpan.FromSeconds(1),
            ShouldHandle = new PredicateBuilder().Handle<NpgsqlException>(exception => exception.InnerException is TimeoutException),
        })
        .Build();

    /// <summary>False when the database cannot be used: the reason is on the console, and the process should end with 1.</summary>
    public static async Task<bool> PrepareDatabaseAsync(this IHost host, CancellationToken cancellationToken)
    {
        if (await TryPrepareAsync(host.Services, cancellationToken) is not { } problem)
        {
            return true;
        }

        await Console.Error.WriteLineAsync($"The service cannot start.\n{problem}");
        return false;
    }

    /// <summary>Can be repeated: what is done already stays, and is not done again.</summary>
    private static async Task MigrateAndSeedAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        // Past a pooler, where there is one: migrations lock and set things for the session.
        var direct = services.GetRequiredKeyedService<NpgsqlDataSource>(DatabaseSetup.Listen);
        var model = new DbContextOptionsBuilder<BatchDbContext>().UseLoggerFactory(services.GetRequiredService<ILoggerFactory>());
        BatchDbContext.Configure(model, direct);
        await using (var context = new BatchDbContext(model.Options))
        {
            await DatabaseMigration.RunAsync(context, direct, cancellationToken);
        }

        foreach (var seed in services.GetServices<DatabaseSeed>())
        {
            await seed(services.GetRequiredService<NpgsqlDataSource>(), cancellationToken);
        }
    }

    private static async Task<string?> TryPrepareAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        try
        {
            await services.GetRequiredService<DatabaseServer>().StartAsync(cancellationToken);
            await s_whileBusy.ExecuteAsync(async token => await MigrateAndSeedAsync(services, token), cancellationToken);
            return null;
        }
        catch (Exception exception) when (exception is StartupException or OptionsValidationException)
        {
            return exception.Message;
        }
        catch (InvalidOperationException exception) when (exception.InnerException is ArgumentException or FormatException)
        {
            // A setting of the wrong type: the configuration's own text names it.
            return exception.Message;
        }
        catch (PostgresException exception)
        {
            return $"PostgreSQL says: {exception.MessageText} ({exception.SqlState}).";
        }
        catch (NpgsqlException exception)
        {
            var reason = exception.InnerException is SocketException socket ? $" ({socket.SocketErrorCode})" : "";
            return $"PostgreSQL cannot be reached: {exception.Message}{reason}. " +
                "Check ConnectionStrings:Batch, or leave it out for an embedded server.";
        }
    }
}
