using System.ComponentModel;
using System.Text.RegularExpressions;

namespace BatchService.Data;

/// <summary>A folder with PostgreSQL's <c>initdb</c>, <c>pg_ctl</c> and <c>postgres</c>, and their major version.</summary>
internal sealed partial record PostgresBinaries(string Folder, int Major)
{
    /// <summary>The SQL of the service is written for this version and later.</summary>
    public const int OldestMajor = 15;

    private static readonly string[] Programs = ["initdb", "pg_ctl", "postgres"];

    public string InitDb => File(Folder, "initdb");

    public string PgCtl => File(Folder, "pg_ctl");

    /// <summary>What is in the folder, or null when a program is missing, is too old or does not run under the account.</summary>
    public static async Task<PostgresBinaries?> InspectAsync(string folder, PostgresAccount account, CancellationToken cancellationToken)
    {
        if (!Programs.All(program => System.IO.File.Exists(File(folder, program))))
        {
            return null;
        }

        try
        {
            var start = ChildProcess.Prepare(account, Path.GetPathRoot(folder)!, File(folder, "postgres"), "--version");
            var result = await ChildProcess.RunAsync(start, cancellationToken);
            var match = VersionPattern().Match(result.Output);
            return result.ExitCode == 0 && match.Success && int.Parse(match.Groups["major"].ValueSpan) is var major and >= OldestMajor
                ? new PostgresBinaries(folder, major)
                : null;
        }
        catch (Win32Exception)
        {
            // It cannot be started: made for another processor, or closed to this account.
            return null;
        }
    }

    private static string File(string folder, string program) =>
        Path.Combine(folder, OperatingSystem.IsWindows() ? program + ".exe" : program);

    [GeneratedRegex(@"\(PostgreSQL\) (?<major>\d{1,4})", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex VersionPattern();
}
