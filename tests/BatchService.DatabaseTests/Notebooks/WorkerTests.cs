using System.Diagnostics;

namespace BatchService.DatabaseTests.Notebooks;

/// <summary>The worker of <c>samples/worker</c>, as a program, against the service as a program.</summary>
public sealed class WorkerTests(NotebooksFixture service) : IClassFixture<NotebooksFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private NotebookClient Client => service.Notebooks;

    [Fact]
    public async Task Does_every_kind_of_job_and_stops_on_an_interrupt()
    {
        var id = await Client.CreateAsync();
        var index = await Client.AddAsync(id, "Tokens are validated before each job starts.", "index/topic/auth");
        var entry = await Client.AddAsync(
            id, "Tokens are not validated before each job starts. Refresh tokens live for ten days! Tokens expire.\nIs there more?", "auth/tokens");
        (await Client.PostAsync($"/notebooks/{id}/jobs", $$"""{ "job_type": "CLASSIFY_TOPIC", "payload": { "entry_id": "{{entry}}" } }""")).Expect(201);
        await using var server = await ServiceProcess.StartAsync($"ConnectionStrings:Batch={service.ConnectionString}", "Serilog:MinimumLevel=Error");

        using var worker = Start("--url", $"{server.Address}", "--notebook", $"{id}", "--worker-id", "robot-1");
        var output = worker.StandardOutput.ReadToEndAsync();
        await WaitAsync(id, completed: 4, worker);
        using (var kill = Process.Start("kill", ["-INT", $"{worker.Id}"]))
            await kill.WaitForExitAsync();
        await worker.WaitForExitAsync().WaitAsync(Patience);

        Assert.Equal((0, "Stopped."), (worker.ExitCode, (await output).TrimEnd().Split('\n')[^1]));
        var read = (await Client.GetAsync($"/notebooks/{id}/entries/{entry}")).Expect(200);
        Assert.Equal(("distilled", "dev", "robot-1"), (
            read["claims_status"].GetString(), read["claims_author"].GetString(), read["claims_stated_author"].GetString()));
        Assert.Equal(
            ["Tokens are not validated before each job starts.", "Refresh tokens live for ten days!", "Tokens expire.", "Is there more?"],
            read.All("claims", "text"));
        Assert.Contains("1", read.All("claims", "confidence"));
        Assert.Equal("tokens/before", read["primary_topic"].GetString());

        // One of four claims denies what the index says.
        var comparison = read["comparisons"][0];
        Assert.Equal(($"{index}", 0.25), (comparison.GetProperty("compared_against").GetString(), comparison.GetProperty("friction").GetDouble()));
        Assert.InRange(comparison.GetProperty("entropy").GetDouble(), 0.5, 0.9);
        Assert.True(read["needs_review"].GetBoolean());
    }

    [Fact]
    public async Task Says_how_it_is_called()
    {
        using var worker = Start("--notebook", "x");

        var text = await worker.StandardError.ReadToEndAsync();
        await worker.WaitForExitAsync().WaitAsync(Patience);

        Assert.Equal(2, worker.ExitCode);
        Assert.Contains("Usage: notebook-worker --url", text, StringComparison.Ordinal);
    }

    private static Process Start(params string[] arguments)
    {
        // …/tests/BatchService.DatabaseTests/bin/Debug/net10.0/
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var root = output.Parent!.Parent!.Parent!.Parent!.Parent!;
        var assembly = Path.Combine(root.FullName, "samples", "worker", "bin", output.Parent.Name, output.Name, "notebook-worker.dll");
        return Process.Start(new ProcessStartInfo("dotnet", [assembly, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
    }

    private async Task WaitAsync(Guid notebook, int completed, Process worker)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (await service.ReadAsync<long>("SELECT count(*) FROM batch.notebook_job WHERE notebook_id = $1 AND status = 'completed'", notebook) < completed)
        {
            Assert.False(worker.HasExited, "The worker has ended.");
            await Task.Delay(50, patience.Token);
        }
    }
}
