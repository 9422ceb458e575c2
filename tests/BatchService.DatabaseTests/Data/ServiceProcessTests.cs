using System.Diagnostics;
using BatchService.Data;

namespace BatchService.DatabaseTests.Data;

/// <summary>The whole service with its embedded server, in a process that is stopped, killed and started twice.</summary>
public sealed class ServiceProcessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Leaves_no_server_behind_when_it_is_killed_and_goes_on_with_the_data()
    {
        await using var first = await StartAsync();
        var server = ServerOf(first);

        await first.KillAsync();
        Assert.True(await EndsAsync(server), "The server outlived the killed service.");

        await using var second = await StartAsync();
        Assert.NotNull(second.Address);
    }

    [Fact]
    public async Task Starts_at_once_after_it_was_killed()
    {
        await using var first = await StartAsync();
        await first.KillAsync();

        // The watchdog may still be stopping the former server.
        await using var second = await StartAsync();
        var server = ServerOf(second);
        using var client = new HttpClient { BaseAddress = second.Address };
        using var response = await client.GetAsync("/");

        Assert.StartsWith("postgres", ProcessNames.Of(server), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stops_its_server_and_exits_with_0_on_SIGTERM()
    {
        await using var service = await StartAsync();
        var server = ServerOf(service);

        await service.SignalAsync("TERM");
        await service.WaitForExitAsync();

        Assert.Equal(0, service.ExitCode);
        Assert.Null(ProcessNames.Of(server));
    }

    [Fact]
    public async Task Ends_with_1_and_one_clear_message_when_the_data_is_in_use()
    {
        await using var first = await StartAsync();

        await using var second = await StartAsync();

        Assert.Null(second.Address);
        Assert.Equal(1, second.ExitCode);
        Assert.Contains("in use by another process", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", second.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ends_with_1_and_no_password_in_the_message_when_the_database_cannot_be_reached()
    {
        await using var service = await ServiceProcess.StartAsync(
            "ConnectionStrings:Batch=Host=127.0.0.1;Port=1;Username=a;Password=sesame");

        Assert.Equal(1, service.ExitCode);
        Assert.Contains("cannot be reached", service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", service.Output, StringComparison.Ordinal);
    }

    private Task<ServiceProcess> StartAsync() => ServiceProcess.StartAsync($"Database:DataDirectory={_folder.Path}");

    private int ServerOf(ServiceProcess service)
    {
        Assert.True(service.Address is not null, service.Output);
        var data = Assert.Single(Directory.GetDirectories(_folder.Path, "pg*"));
        return Assert.IsType<PostmasterFile>(PostmasterFile.FindRunning(data)).ProcessId;
    }

    private static async Task<bool> EndsAsync(int processId)
    {
        var clock = Stopwatch.StartNew();
        while (ProcessNames.Of(processId) is not null && clock.Elapsed < TimeSpan.FromSeconds(20))
        {
            await Task.Delay(20);
        }

        return ProcessNames.Of(processId) is null;
    }
}
