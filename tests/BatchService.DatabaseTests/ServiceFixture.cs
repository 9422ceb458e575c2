using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace BatchService.DatabaseTests;

/// <summary>The real service, in this process, on a database that only this test class uses. Derive to set it up.</summary>
public class ServiceFixture : IAsyncLifetime
{
    private TestDatabase? _database;
    private WebApplicationFactory<Program>? _factory;
    private HttpClient? _client;

    /// <summary>Speaks to the service.</summary>
    public HttpClient Client => _client ??= CreateClient();

    /// <summary>Looks at the service's database, past the service.</summary>
    public NpgsqlDataSource Database => Created(_database).DataSource;

    /// <summary>The service's own container.</summary>
    public IServiceProvider Services => Created(_factory).Services;

    /// <summary>Where it listens, if it does.</summary>
    public Uri Address => new(Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Other processes can reach it, too, on a port of the loopback.</summary>
    protected virtual bool IsListening => false;

    /// <summary>What the database starts from.</summary>
    protected virtual DatabaseTemplate Template => DatabaseTemplate.Empty;

    /// <summary>Another client, with headers of its own.</summary>
    public HttpClient CreateClient() => Created(_factory).CreateClient();

    public async Task InitializeAsync()
    {
        var server = await PostgresServer.OfThisRunAsync();
        _database = await server.CreateDatabaseAsync(Template);
        await FillAsync(_database.DataSource, CancellationToken.None);
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["ConnectionStrings:Batch"] = _database.ConnectionString,
        };
        Configure(settings);

        // UseSetting, because Program.cs reads settings before the host is built; other sources are added only then.
        _factory = new WebApplicationFactory<Program>().WithWebHostBuilder(builder =>
        {
            foreach (var (key, value) in settings)
            {
                builder.UseSetting(key, value);
            }

            builder.ConfigureTestServices(ConfigureServices);
        });
        if (IsListening)
        {
            _factory.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        }

        _factory.StartServer();
    }

    public async Task DisposeAsync()
    {
        _client?.Dispose();
        await (_factory?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_database?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    /// <summary>Adds to the settings, which go before appsettings.json.</summary>
    protected virtual void Configure(IDictionary<string, string?> settings)
    {
    }

    /// <summary>Replaces services: what the service reaches outside its database.</summary>
    protected virtual void ConfigureServices(IServiceCollection services)
    {
    }

    /// <summary>Adds tables and rows before the service starts.</summary>
    protected virtual Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken) => Task.CompletedTask;

    private static T Created<T>(T? value)
        where T : class => value ?? throw new InvalidOperationException("The fixture has not been initialised.");
}
