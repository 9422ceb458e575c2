using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace BatchService.DatabaseTests;

/// <summary>What README.md says, done: its calls are run by a shell against a real service, and the answers compared.</summary>
public sealed partial class ReadmeTests
{
    private const string Address = "http://127.0.0.1:5080";
    private const string End = "-- end of an answer --";

    [Fact]
    public async Task Every_call_in_the_readme_gets_the_answer_in_the_readme()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Root(), "README.md"));
        var calls = CallWithAnswer().Matches(readme).Select(match => (Call: match.Groups["call"].Value, Answer: match.Groups["answer"].Value)).ToList();
        Assert.NotEmpty(calls);
        var server = await PostgresServer.OfThisRunAsync();
        await using var database = await server.CreateDatabaseAsync(DatabaseTemplate.Chinook);
        await using var service = await ServiceProcess.StartAsync($"ConnectionStrings:Batch={database.ConnectionString}");
        var script = string.Concat(calls.Select(call => $"{call.Call}\nprintf '\\n{End}\\n'\n")).Replace(Address, service.Address!.ToString().TrimEnd('/'), StringComparison.Ordinal);

        var answers = (await RunAsync(script)).Split(End, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(calls.Select(call => Comparable(call.Answer)), answers.Select(Comparable));
    }

    [Fact]
    public async Task Every_folder_and_file_that_the_readme_names_exists()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Root(), "README.md"));

        var missing = RepositoryPath().Matches(readme).Select(match => match.Value).Where(path => !Path.Exists(Path.Combine(Root(), path)));

        Assert.Empty(missing);
    }

    /// <summary>One JSON document or one a line, without what is another one each time.</summary>
    private static string Comparable(string answer)
    {
        var lines = answer.TrimStart().StartsWith("{\"index", StringComparison.Ordinal) ? answer.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [answer];
        var text = string.Join('\n', lines.Select(line => JsonNode.Parse(line)!.ToJsonString()));
        return Volatile().Replace(text, match => match.Groups["name"].Success ? $"{match.Groups["name"].Value}0" : "\"…\"");
    }

    private static async Task<string> RunAsync(string script)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-s"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        })!;
        var output = shell.StandardOutput.ReadToEndAsync();
        await shell.StandardInput.WriteAsync(script);
        shell.StandardInput.Close();
        await shell.WaitForExitAsync();
        return await output;
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "BatchService.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        return folder.FullName;
    }

    /// <summary>A shell block and the JSON block right behind it.</summary>
    [GeneratedRegex(@"```bash\n(?<call>[^`]*curl[^`]+)```\n\n(?:[^`#]+\n\n)?```json\n(?<answer>[^`]+)```", RegexOptions.None, 1_000)]
    private static partial Regex CallWithAnswer();

    /// <summary>Generated ids (ASID, UUID), times of today and durations.</summary>
    [GeneratedRegex(
        """
        "AS[0-9A-F]{2}[0-9A-Z]{28}"|"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"|"20[2-9]\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z"|(?<name>"(?:durationMs|total_time_ms|avg_item_time_ms)":)[\d.]+
        """,
        RegexOptions.ExplicitCapture,
        1_000)]
    private static partial Regex Volatile();

    [GeneratedRegex(@"(?:src|tests|docs|samples|tools)/[A-Za-z./-]+[A-Za-z]", RegexOptions.None, 1_000)]
    private static partial Regex RepositoryPath();
}
