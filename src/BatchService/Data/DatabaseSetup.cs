using Npgsql;

namespace BatchService.Data;

/// <summary>Registers the data sources and the server behind them.</summary>
internal static class DatabaseSetup
{
    /// <summary>The key of the data source whose connections are sessions of their own, outside the pool: for LISTEN.</summary>
    public const string Listen = "listen";

    /// <summary>The key of the data source whose connections are opened for one use and prepare no statements.</summary>
    public const string Afresh = "afresh";

    /// <summary>Adds <see cref="NpgsqlDataSource"/>; usable after <c>PrepareDatabaseAsync</c>.</summary>
    public static IHostApplicationBuilder AddDatabase(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<DatabaseOptions>()
            .BindConfiguration(DatabaseOptions.Section)
            .Validate(options => options.MaxPoolSize is >= 1 and <= 1000, "Database:MaxPoolSize must be from 1 to 1000.")
            .Validate(
                options => options.ConnectionTimeout.TotalSeconds is >= 1 and <= 30,
                "Database:ConnectionTimeout must be from 1 to 30 s.")
            .Validate(options => IsTimeout(options.StatementTimeout), "Database:StatementTimeout must be from 0.1 s to 1 hour.")
            .Validate(options => IsTimeout(options.LockTimeout), "Database:LockTimeout must be from 0.1 s to 1 hour.")
            .Validate(
                options => IsTimeout(options.IdleInTransactionTimeout),
                "Database:IdleInTransactionTimeout must be from 0.1 s to 1 hour.")
            .Validate(
                options => options.ConnectionCheckInterval == TimeSpan.Zero || IsTimeout(options.ConnectionCheckInterval),
                "Database:ConnectionCheckInterval must be zero, or from 0.1 s to 1 hour.")
            .ValidateOnStart();
        builder.Services.AddSingleton<DatabaseServer>();
        builder.Services.AddSingleton(services =>
            Create(services, "batch", services.GetRequiredService<DatabaseServer>().ConnectionString));
        builder.Services.AddKeyedSingleton(Afresh, (services, _) =>
            Create(services, "batch-afresh", $"{services.GetRequiredService<DatabaseServer>().ConnectionString};Pooling=false;Max Auto Prepare=0"));
        builder.Services.AddKeyedSingleton(Listen, (services, _) =>
            Create(services, "batch-listen", $"{services.GetRequiredService<DatabaseServer>().ListenConnectionString};Pooling=false"));
        builder.Services.AddSingleton<NotificationListener>();

        if (builder.Configuration[SampleDatabase.Setting] is { Length: > 0 } sample)
        {
            builder.Services.AddSingleton<DatabaseSeed>((dataSource, cancellationToken) => SampleDatabase.LoadAsync(dataSource, sample, cancellationToken));
        }

        return builder;
    }

    /// <summary>Named, or its figures would be labelled with the connection string.</summary>
    private static NpgsqlDataSource Create(IServiceProvider services, string name, string connectionString) =>
        new NpgsqlDataSourceBuilder(connectionString) { Name = name }
            .UseLoggerFactory(services.GetRequiredService<ILoggerFactory>())
            .Build();

    private static bool IsTimeout(TimeSpan value) => value >= TimeSpan.FromMilliseconds(100) && value <= TimeSpan.FromHours(1);
}
