namespace BatchService.Data;

/// <summary>Where PostgreSQL's binaries are looked for, and in which order; the last resort is a package that npm fetches once.</summary>
/// <param name="configured">A folder that must be used; null = search.</param>
/// <param name="systemFolders">Folders of installations, best first; those that do not exist are passed over.</param>
/// <param name="cache">The folder that fetched binaries are kept in.</param>
/// <param name="npm">npm's full path; null = not installed.</param>
internal sealed partial class PostgresSearch(string? configured, IReadOnlyList<string> systemFolders, string cache, string? npm)
{
    public const string Variable = "BATCH_POSTGRES_BIN";

    private const string WaysOn =
        """
        Three ways on:
          - install PostgreSQL 15 or later (Debian and Ubuntu: apt-get install postgresql; macOS: brew install postgresql@17),
            or name the folder of its binaries in the environment variable BATCH_POSTGRES_BIN;
          - docker compose up;
          - give the service a database: ConnectionStrings__Batch="Host=…;Database=…;Username=…;Password=…".
        """;

    /// <summary>The environment variable, then the places where the platforms install PostgreSQL, then PATH.</summary>
    public static PostgresSearch OfThisMachine(string cache)
    {
        var configured = Environment.GetEnvironmentVariable(Variable);
        IEnumerable<string> folders =
        [
            .. Versions("/usr/lib/postgresql", "*", "bin"),
            .. Versions("/usr", "pgsql-*", "bin"),
            .. Versions("/opt/homebrew/opt", "postgresql@*", "bin"),
            .. Versions("/usr/local/opt", "postgresql@*", "bin"),
            .. Versions(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PostgreSQL"), "*", "bin"),
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Where(Path.IsPathRooted),
        ];
        configured = string.IsNullOrEmpty(configured) ? null : configured;
        return new PostgresSearch(configured, [.. folders.Distinct()], cache, PostgresPackage.FindNpm());
    }

    /// <summary>Finds binaries that fit the data that exists (its major versions); throws when there are none.</summary>
    public async Task<PostgresBinaries> FindAsync(
        PostgresAccount account,
        IReadOnlyList<int> dataMajors,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        if (configured is not null)
        {
            return await PostgresBinaries.InspectAsync(Path.GetFullPath(configured), account, cancellationToken)
                ?? throw new StartupException(
                    $"{Variable} names {configured}, which has no working initdb, pg_ctl and postgres of version 15 or later.");
        }

        var found = new List<PostgresBinaries>();
        foreach (var folder in systemFolders.Append(PostgresPackage.BinariesIn(cache)))
        {
            if (await PostgresBinaries.InspectAsync(folder, account, cancellationToken) is { } binaries)
            {
                found.Add(binaries);
            }
        }

        // The newest data first. The package counts as found: fetching it is what gets its data back.
        foreach (var major in dataMajors.OrderDescending())
        {
            var fitting = found.Find(binaries => binaries.Major == major);
            if (fitting is not null || major == PostgresPackage.Major)
            {
                return fitting ?? await FetchAsync(account, logger, cancellationToken);
            }
        }

        if (dataMajors.Count > 0)
        {
            // Another major version would start with an empty database, as if the data were lost.
            throw new StartupException(
                $"The data was made by PostgreSQL {string.Join(", ", dataMajors)}, whose binaries are not found. Install that version, " +
                $"or start with an empty database: another folder in Database:DataDirectory, or other binaries in {Variable}.");
        }

        return found.FirstOrDefault() ?? await FetchAsync(account, logger, cancellationToken);
    }

    private async Task<PostgresBinaries> FetchAsync(PostgresAccount account, ILogger logger, CancellationToken cancellationToken)
    {
        if (npm is null || PostgresPackage.ForThisPlatform() is not { } package)
        {
            throw new StartupException("No PostgreSQL was found, and npm is not there to fetch one.\n" + WaysOn);
        }

        LogFetching(logger, package.Name);
        if (await package.FetchAsync(npm, cache, cancellationToken) is { } problem)
        {
            throw new StartupException($"No PostgreSQL was found, and {problem}\n{WaysOn}");
        }

        return await PostgresBinaries.InspectAsync(PostgresPackage.BinariesIn(cache), account, cancellationToken)
            ?? throw new StartupException("No PostgreSQL was found, and the one that npm fetched does not run here.\n" + WaysOn);
    }

    private static IEnumerable<string> Versions(string parent, string pattern, string child)
    {
        if (!Directory.Exists(parent))
        {
            return [];
        }

        return Directory.GetDirectories(parent, pattern)
            .OrderByDescending(folder => Number(Path.GetFileName(folder).AsSpan(pattern.Length - 1)))
            .Select(folder => Path.Combine(folder, child));
    }

    private static double Number(ReadOnlySpan<char> text) => double.TryParse(text, out var number) ? number : 0;

    [LoggerMessage(LogLevel.Information, "PostgreSQL is not installed: fetching {Package} through npm, once (23 MB)")]
    private static partial void LogFetching(ILogger logger, string package);
}
