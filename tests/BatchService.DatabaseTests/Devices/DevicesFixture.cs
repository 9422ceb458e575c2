using System.Collections.Concurrent;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BatchService.DatabaseTests.Devices;

/// <summary>The service with devices and proofs; nothing is sealed while tests run.</summary>
public class DevicesFixture : ServiceFixture, IAsyncLifetime
{
    private readonly Dictionary<string, string?> _settings = [];

    /// <summary>What the service logged.</summary>
    internal DevicesLog Log { get; } = new();

    /// <summary>For processes of their own.</summary>
    internal string Connection => _settings["ConnectionStrings:Batch"]!;

    /// <summary>Another process, as far as the database can tell, with the same settings.</summary>
    public WebApplicationFactory<Program> CreateSecondHost() => new WebApplicationFactory<Program>().WithWebHostBuilder(builder =>
    {
        foreach (var (key, value) in _settings)
            builder.UseSetting(key, value);
    });

    /// <summary>The first column of the first row.</summary>
    internal async Task<T> ReadAsync<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    internal async Task ExecuteAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The names of the service's tables that hold a text anywhere, in clear or as bytes.</summary>
    internal async Task<IReadOnlyList<string>> FindAsync(string text)
    {
        var tables = new List<string>();
        await using (var names = Database.CreateCommand("SELECT tablename::text FROM pg_tables WHERE schemaname = 'batch'"))
        await using (var reader = await names.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                tables.Add(reader.GetString(0));
        }
        Assert.Contains("device", tables);
        var found = new List<string>();
        var hex = Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(text));
        foreach (var table in tables)
        {
            if (await ReadAsync<bool>($"SELECT EXISTS (SELECT FROM batch.{table} AS t WHERE t::text LIKE '%{text.Replace("_", "\\_", StringComparison.Ordinal)}%' OR t::text LIKE '%{hex}%')"))
                found.Add(table);
        }
        return found;
    }

    async Task IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        Services.GetRequiredService<ILoggerFactory>().AddProvider(Log);
    }

    protected override void Configure(IDictionary<string, string?> settings)
    {
        settings["Jobs:PollMilliseconds"] = "50";
        settings["Proofs:SealInterval"] = "1.00:00:00";
        Adjust(settings);
        foreach (var (key, value) in settings)
            _settings[key] = value;
    }

    /// <summary>Other settings for tests that need them.</summary>
    protected virtual void Adjust(IDictionary<string, string?> settings)
    {
    }
}

/// <summary>The service that seals all the time.</summary>
public sealed class SealingFixture : DevicesFixture
{
    protected override void Adjust(IDictionary<string, string?> settings) => settings["Proofs:SealInterval"] = "00:00:00.05";
}

/// <summary>The service that wants signatures, and forgets secrets at once.</summary>
public sealed class StrictDevicesFixture : DevicesFixture
{
    protected override void Adjust(IDictionary<string, string?> settings)
    {
        settings["Proofs:RequireSignature"] = "true";
        settings["Jobs:SecretHours"] = "0.0001";
        settings["Jobs:PruneSeconds"] = "1";
        settings["Batch:MaxItems"] = "3";
    }
}

/// <summary>Keeps every line that the service logs.</summary>
internal sealed class DevicesLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public string Text => string.Join('\n', _lines);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}
