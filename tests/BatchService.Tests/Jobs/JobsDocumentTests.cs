using System.Globalization;
using System.Runtime.CompilerServices;
using BatchService.Jobs;

namespace BatchService.Tests.Jobs;

/// <summary>docs/jobs.md names every setting of jobs with its default.</summary>
public sealed class JobsDocumentTests
{
    [Fact]
    public void The_table_of_settings_says_what_the_options_say()
    {
        var told = File.ReadLines(Path.GetFullPath(Path.Combine(SourceFolder(), "../../../docs/jobs.md")))
            .Where(line => line.StartsWith($"| `{JobOptions.Section}:", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => (cells[1], cells[2]));
        var options = new JobOptions();
        var expected = typeof(JobOptions).GetProperties().Select(property => (
            $"`{JobOptions.Section}:{property.Name}`",
            Convert.ToString(property.GetValue(options), CultureInfo.InvariantCulture)!));

        Assert.Equal(expected, told);
    }

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
