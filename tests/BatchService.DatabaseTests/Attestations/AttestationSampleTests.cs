using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace BatchService.DatabaseTests.Attestations;

/// <summary><c>samples/attest-git.sh</c> on repositories that the test makes.</summary>
public sealed class AttestationSampleTests(AttestationUploadTests.UploadFixture fixture)
    : IClassFixture<AttestationUploadTests.UploadFixture>, IAsyncLifetime
{
    private readonly string _folder = TemporaryFolder.NewPath();

    private ServiceProcess _service = null!;

    public async Task InitializeAsync()
    {
        await fixture.ClearAsync();
        Directory.CreateDirectory(_folder);
        _service = await ServiceProcess.StartAsync($"ConnectionStrings:Batch={fixture.Connection}");
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [ScriptFact]
    public async Task Attests_every_commit_whatever_its_message()
    {
        string[] messages =
        [
            "plain", "quotes \" and ' and `x`", "back\\slash \\n \\\" \\\\", "tab\there", "two\n\nparagraphs\n- of \"text\"", "$HOME %s %H & \\& \\1",
            "é 日本語 🎉", "control \u0001 \u001b[31m \u001f \u001e end", "{\"commands\":[]}\u2028",
        ];
        await RunAsync("git", ["init", "--quiet", _folder]);
        foreach (var message in messages)
            await CommitAsync(message);

        var answer = JsonElement.Parse(await RunSampleAsync());

        Assert.Equal(messages.Length, answer.GetProperty("success_count").GetInt32());
        var found = await fixture.Client.FindAsync(new { contexts = new[] { "ixgest-git" }, predicates = new[] { "ingested" } });
        Assert.Equal(
            messages.Select(message => message.Replace('\u001e', ' ')).Order(StringComparer.Ordinal),
            found.Select(one => one.GetProperty("attributes").GetProperty("message").GetString()!).Order(StringComparer.Ordinal));
        Assert.All(found, one => Assert.Equal("Ada \"the\\first\" L <ada@example.com>", one.GetProperty("attributes").GetProperty("author").GetString()));
        Assert.All(found, one => Assert.Equal(Path.GetFileName(_folder), one.GetProperty("attributes").GetProperty("repo").GetString()));
        var hashes = await RunAsync("git", ["-C", _folder, "rev-list", "HEAD"]);
        Assert.Equal(hashes.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(), found.Select(one => one.Subject()).Order());
    }

    [ScriptFact]
    public async Task Sends_nothing_of_what_is_no_repository()
    {
        var failed = await Assert.ThrowsAsync<InvalidOperationException>(RunSampleAsync);

        Assert.Contains("git", failed.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, await fixture.CountAsync());
    }

    private Task CommitAsync(string message) => RunAsync(
        "git",
        [
            "-C", _folder, "-c", "user.name=Ada \"the\\first\" L", "-c", "user.email=ada@example.com", "-c", "commit.gpgSign=false",
            "commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "--file=-",
        ],
        message);

    private Task<string> RunSampleAsync()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "BatchService.sln")))
            root = root.Parent!;
        return RunAsync("sh", [Path.Combine(root.FullName, "samples", "attest-git.sh"), _folder]);
    }

    private async Task<string> RunAsync(string program, IReadOnlyList<string> arguments, string input = "")
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        };
        start.Environment["BATCH_URL"] = _service.Address!.AbsoluteUri.TrimEnd('/');
        start.Environment["GIT_CEILING_DIRECTORIES"] = Path.GetDirectoryName(_folder);
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await error}");
    }
}
