using BatchService.Data;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace BatchService.DatabaseTests.Data;

/// <summary>Where the binaries come from, down to the npm package and to the message when there is nothing.</summary>
public sealed class PostgresSearchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [NpmFact]
    public async Task Fetches_a_server_through_npm_where_none_is_installed_and_runs_it()
    {
        Directory.CreateDirectory(_folder.Path);
        var cache = Path.Combine(_folder.Path, "binaries");
        var search = new PostgresSearch(null, [], cache, PostgresPackage.FindNpm());
        var plan = new EmbeddedPostgresPlan(Path.Combine(_folder.Path, "data"), Temporary: true, search);

        await using var server = await EmbeddedPostgres.StartAsync(plan, NullLogger.Instance, CancellationToken.None);

        await using var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        Assert.Equal(PostgresPackage.Major, connection.PostgreSqlVersion.Major);
        Assert.Single(Directory.GetFileSystemEntries(cache));
    }

    [NpmFact]
    public async Task Does_not_keep_a_package_whose_hash_differs()
    {
        var cache = Path.Combine(_folder.Path, "binaries");
        var package = PostgresPackage.ForThisPlatform()! with { Sha512 = "AAAA" };

        var problem = await package.FetchAsync(PostgresPackage.FindNpm()!, cache, CancellationToken.None);

        Assert.Contains("SHA-512", problem, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(cache));
    }

    [Fact]
    public async Task Names_the_ways_on_where_there_is_neither_a_server_nor_npm()
    {
        var refusal = await Assert.ThrowsAsync<StartupException>(() => FindAsync(new PostgresSearch(null, [], _folder.Path, null)));

        Assert.Contains("install PostgreSQL", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("docker compose up", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("ConnectionStrings__Batch", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Does_not_fall_back_from_a_configured_folder_without_binaries()
    {
        var machine = PostgresSearch.OfThisMachine(_folder.Path);
        Assert.NotNull(await FindAsync(machine));

        var refusal = await Assert.ThrowsAsync<StartupException>(() => FindAsync(new PostgresSearch(_folder.Path, [], _folder.Path, null)));

        Assert.Contains(PostgresSearch.Variable, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Does_not_start_empty_beside_data_whose_version_is_not_installed()
    {
        var refusal = await Assert.ThrowsAsync<StartupException>(() => FindAsync(PostgresSearch.OfThisMachine(_folder.Path), 16_000));

        Assert.Contains("made by PostgreSQL 16000", refusal.Message, StringComparison.Ordinal);
    }

    private static Task<PostgresBinaries> FindAsync(PostgresSearch search, params int[] dataMajors) =>
        search.FindAsync(PostgresAccount.ForThisProcess(), dataMajors, NullLogger.Instance, CancellationToken.None);
}

/// <summary>A test that fetches a package: passed over where npm is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NpmFactAttribute : FactAttribute
{
    public NpmFactAttribute()
    {
        if (PostgresPackage.FindNpm() is null || PostgresPackage.ForThisPlatform() is null)
        {
            Skip = "npm is not installed.";
        }
    }
}
