using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace BatchService.DatabaseTests;

public sealed partial class ReadmeTests(ChinookFixture fixture) : IClassFixture<ChinookFixture>
{
    [Fact]
    public async Task The_call_in_the_readme_gets_the_answer_in_the_readme()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Root(), "README.md"));
        using var body = new StringContent(Call().Match(readme).Groups["body"].Value, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));

        using var response = await fixture.Client.PostAsync(new Uri("/batch", UriKind.Relative), body);

        var promised = JsonNode.Parse(Answer().Match(readme).Groups["json"].Value)!;
        var given = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        promised["durationMs"] = given["durationMs"]!.DeepClone();
        Assert.Equal(promised.ToJsonString(), given.ToJsonString());
    }

    [Fact]
    public async Task Every_folder_and_file_that_the_readme_names_exists()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Root(), "README.md"));

        var missing = RepositoryPath().Matches(readme).Select(match => match.Value).Where(path => !Path.Exists(Path.Combine(Root(), path)));

        Assert.Empty(missing);
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "BatchService.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        return folder.FullName;
    }

    [GeneratedRegex(@"/batch -H 'Content-Type: application/json' -d '(?<body>[^']+)'", RegexOptions.None, 1_000)]
    private static partial Regex Call();

    [GeneratedRegex(@"```json\n(?<json>[^`]+)```", RegexOptions.None, 1_000)]
    private static partial Regex Answer();

    [GeneratedRegex(@"(?:src|tests|docs|samples|tools)/[A-Za-z./]+[A-Za-z]", RegexOptions.None, 1_000)]
    private static partial Regex RepositoryPath();
}
