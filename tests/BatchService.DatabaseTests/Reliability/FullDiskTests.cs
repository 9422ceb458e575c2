using System.Diagnostics;
using System.Text;
using System.Text.Json;
using BatchService.Data;
using Npgsql;
using Xunit.Abstractions;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>The disk below a table is full: what does not fit is refused and leaves nothing, the rest goes on, and room brings it back.</summary>
[Collection(ReliabilityCollection.Name)]
public sealed class FullDiskTests(ITestOutputHelper output)
{
    private const int Rows = 100;
    private const int BytesPerRow = 5_000;

    [TinyDiskFact]
    public async Task Refuses_what_does_not_fit_with_503_and_goes_on_when_there_is_room()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.Path);
        using var disk = TinyDisk.Mount(folder.Path);
        PostgresAccount.ForThisProcess().Give(folder.Path);
        await using var server = await ReliabilityPostgres.StartAsync();
        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        await ExecuteAsync(database, $"CREATE TABLESPACE tiny LOCATION '{folder.Path}'");
        await ExecuteAsync(database, """
            CREATE TABLE heavy (heavy_id integer PRIMARY KEY USING INDEX TABLESPACE tiny, body text) TABLESPACE tiny;
            ALTER TABLE heavy ALTER COLUMN body SET STORAGE EXTERNAL;
            CREATE TABLE ballast TABLESPACE tiny AS SELECT repeat('x', 2000) FROM generate_series(1, 1000);
            CREATE TABLE light (light_id integer PRIMARY KEY);
            """);
        await using var service = await ServiceProcess.StartAsync($"ConnectionStrings:Batch={server.ConnectionString}", "Serilog:MinimumLevel=Error");
        Assert.True(service.Address is not null, service.Output);
        using var client = new HttpClient { BaseAddress = service.Address };

        var stored = 0;
        var answer = await PostHeavyAsync(client, stored, atomic: true);
        for (; answer.Status == 200; answer = await PostHeavyAsync(client, stored, atomic: true))
            stored += Rows;
        output.WriteLine($"{stored} rows, then {answer.Status} {answer.Body.GetProperty("code")}");
        Assert.Equal((503, "DATABASE_UNAVAILABLE", true), (answer.Status, answer.Body.GetProperty("code").GetString(), answer.Body.GetProperty("retryable").GetBoolean()));
        Assert.Equal(stored, await CountAsync(database));

        var effort = await PostHeavyAsync(client, stored, atomic: false);
        Assert.Contains(effort.Status, (int[])[207, 503]);
        var told = effort.Status == 207 ? effort.Body.GetProperty("successCount").GetInt32() : 0;
        Assert.Equal(stored + told, await CountAsync(database));
        Assert.Equal(200, (await PostAsync(client, "light", """{"action":"create","items":[{"light_id":1}]}""")).Status);

        await ExecuteAsync(database, "DROP TABLE ballast");
        Assert.Equal(200, (await PostHeavyAsync(client, stored + Rows, atomic: true)).Status);
        Assert.Equal(stored + told + Rows, await CountAsync(database));
    }

    private static Task<(int Status, JsonElement Body)> PostHeavyAsync(HttpClient client, int first, bool atomic) => PostAsync(
        client,
        "heavy",
        JsonSerializer.Serialize(new
        {
            action = "create",
            items = Enumerable.Range(first, Rows).Select(number => new { heavy_id = number, body = new string('x', BytesPerRow) }),
            options = new { atomic, continueOnError = !atomic, @return = "minimal" },
        }));

    private static async Task<(int Status, JsonElement Body)> PostAsync(HttpClient client, string entity, string body)
    {
        using var response = await client.PostAsync($"/entities/{entity}/batch", new StringContent(body, Encoding.UTF8, "application/json"));
        return ((int)response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync()));
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<long> CountAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("SELECT count(*) FROM heavy");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}

/// <summary>A file system of a few megabytes in memory.</summary>
internal sealed class TinyDisk : IDisposable
{
    /// <summary>Whether this process may mount one: it is root, and not confined.</summary>
    public static readonly Lazy<bool> IsPossible = new(() =>
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
            return false;
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.Path);
        return Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.Path) && Run("umount", folder.Path);
    });

    private readonly string _path;

    private TinyDisk(string path) => _path = path;

    public static TinyDisk Mount(string path)
    {
        Assert.True(Run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", path));
        return new TinyDisk(path);
    }

    /// <summary>Detaches it at once: a server that is still stopping may have files open there.</summary>
    public void Dispose() => Run("umount", "-l", _path);

    private static bool Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true, UseShellExecute = false });
        process!.WaitForExit();
        return process.ExitCode == 0;
    }
}

/// <summary>Skipped where no file system can be mounted.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TinyDiskFactAttribute : FactAttribute
{
    public TinyDiskFactAttribute()
    {
        if (!TinyDisk.IsPossible.Value)
            Skip = "Needs to mount a small tmpfs: Linux, as root, not confined.";
    }
}
