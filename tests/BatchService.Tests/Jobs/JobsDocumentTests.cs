using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using BatchService.Jobs;

namespace BatchService.Tests.Jobs;

/// <summary>docs/jobs.md names every setting of jobs with its default.</summary>
public sealed partial class JobsDocumentTests
{
    [Fact]
    public void The_table_of_settings_says_what_the_options_say()
    {
        var path = Path.GetFullPath(Path.Combine(SourceFolder(), "../../../docs/jobs.md"));
        var told = Setting().Matches(File.ReadAllText(path)).Select(row => (row.Groups[1].Value, row.Groups[2].Value));
        var options = new JobOptions();
        var expected = typeof(JobOptions).GetProperties().Select(property => (
            $"{JobOptions.Section}:{property.Name}",
            Convert.ToString(property.GetValue(options), CultureInfo.InvariantCulture)!));

        Assert.Equal(expected, told);
    }

    [GeneratedRegex(@"^\| `(Jobs:\w+)` \| (\S+) \|", RegexOptions.Multiline)]
    private static partial Regex Setting();

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
