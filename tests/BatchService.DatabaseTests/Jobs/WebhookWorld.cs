using System.Text;
using BatchService.DatabaseTests.Rows;
using BatchService.Jobs;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace BatchService.DatabaseTests.Jobs;

/// <summary>What the database says about a webhook.</summary>
internal sealed record WebhookState(string State, int Attempt, int? Status, string? Error);

/// <summary>A database, as many services on it as the test starts, and a look into the outbox.</summary>
public sealed class WebhookWorld : IAsyncLifetime
{
    public const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private readonly List<WebApplicationFactory<Program>> _services = [];
    private TestDatabase? _database;

    public NpgsqlDataSource Database => _database!.DataSource;

    internal string ConnectionString => _database!.ConnectionString;

    public async Task InitializeAsync() =>
        _database = await (await PostgresServer.OfThisRunAsync()).CreateDatabaseAsync(DatabaseTemplate.Empty);

    public async Task DisposeAsync()
    {
        foreach (var service in _services)
        {
            await service.DisposeAsync();
        }

        await _database!.DisposeAsync();
    }

    /// <summary>Settings of a service that may send to loopback and does not wait long between attempts.</summary>
    internal Dictionary<string, string?> Settings() => new(StringComparer.OrdinalIgnoreCase)
    {
        ["ConnectionStrings:Batch"] = ConnectionString,
        ["Webhooks:Secret"] = Secret,
        ["Webhooks:AllowLoopback"] = "true",
        ["Webhooks:FirstRetryDelay"] = "00:00:00.010",
    };

    /// <summary>Starts a service; with the settings above, and these instead of them.</summary>
    internal WebApplicationFactory<Program> StartService(params (string Key, string Value)[] changes) => StartService(null, changes);

    /// <summary>The same, with a name service of the test's own.</summary>
    internal WebApplicationFactory<Program> StartService(WebhookResolver? resolve, params (string Key, string Value)[] changes)
    {
        var settings = Settings();
        foreach (var (key, value) in changes)
        {
            settings[key] = value;
        }

        var service = new WebApplicationFactory<Program>().WithWebHostBuilder(builder =>
        {
            foreach (var (key, value) in settings)
            {
                builder.UseSetting(key, value);
            }

            if (resolve is not null)
            {
                builder.ConfigureTestServices(services => services.AddSingleton(resolve));
            }
        });
        _services.Add(service);
        _ = service.Server;
        return service;
    }

    /// <summary>Adds a webhook in a transaction of its own, which commits or does not; its id.</summary>
    internal async Task<string> AddAsync(string url, string data = """{"n":1}""", bool commit = true)
    {
        await using var connection = await Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var message = new WebhookMessage(url, "job.completed", "someone", Encoding.UTF8.GetBytes(data));
        var id = await WebhookOutbox.AddAsync(connection, message, CancellationToken.None);
        if (commit)
        {
            await transaction.CommitAsync();
        }

        return id;
    }

    internal async Task<WebhookState> ReadAsync(string id)
    {
        await using var command = Database.CreateCommand("SELECT state, attempt, last_status, last_error FROM batch.webhook WHERE id = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id });
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        return new WebhookState(
            reader.GetString(0),
            reader.GetInt32(1),
            await reader.GetFieldValueAsync<int?>(2),
            await reader.IsDBNullAsync(3) ? null : reader.GetString(3));
    }

    /// <summary>Waits until it is so, and gives what is then.</summary>
    internal async Task<WebhookState> UntilAsync(string id, Func<WebhookState, bool> isSo)
    {
        var state = await ReadAsync(id);
        await RowsWait.UntilAsync(async () =>
        {
            state = await ReadAsync(id);
            return isSo(state);
        });
        return state;
    }

    internal Task<WebhookState> UntilDoneAsync(string id) => UntilAsync(id, state => state.State != "pending");

    internal async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
