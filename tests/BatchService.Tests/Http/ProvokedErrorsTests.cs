using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using BatchService.Batching;

namespace BatchService.Tests.Http;

/// <summary>A test provokes each error code: one that no test of the service as a whole expects has been forgotten.</summary>
public sealed class ProvokedErrorsTests
{
    [Fact]
    public void Every_code_is_expected_by_a_test_through_HTTP()
    {
        var tests = Path.GetFullPath(Path.Combine(SourceFolder(), "../../BatchService.DatabaseTests"));
        var words = Directory.EnumerateFiles(tests, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(file => Regex.Matches(File.ReadAllText(file), @"\b[A-Z][A-Z_]+\b", RegexOptions.None, TimeSpan.FromSeconds(10)))
            .Select(match => match.Value)
            .ToHashSet(StringComparer.Ordinal);

        Assert.DoesNotContain(ErrorCodes.All, code => !words.Contains(code.Name));
    }

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
