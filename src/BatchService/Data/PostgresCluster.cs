using System.Security.Cryptography;

namespace BatchService.Data;

/// <summary>The data directory of one major version and the files beside it: password, log, watchdog.</summary>
internal sealed record PostgresCluster(string Root, int Major)
{
    /// <summary>The superuser that initdb makes; the name does not depend on the account.</summary>
    public const string User = "postgres";

    /// <summary>
    /// Sorting stays that of code points, fast and the same everywhere; but what is a letter, and which one is its capital, is asked of
    /// Unicode: by lower(), ILIKE and full-text search. Not every system has this locale; C knows the letters of ASCII only.
    /// </summary>
    private const string CharacterType = "C.UTF-8";

    private const UnixFileMode OwnerReadWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public string Folder => Path.Combine(Root, $"pg{Major}");

    public string Log => Folder + ".log";

    /// <summary>Holds the process id of the watchdog, while there is one.</summary>
    public string WatchdogFile => Folder + ".watchdog";

    /// <summary>True once initdb has ended well: the marker is written after it and before the server's first start.</summary>
    public bool IsInitialized => File.Exists(Marker);

    private string Marker => Path.Combine(Folder, "batchservice-initialized");

    private string PasswordFile => Folder + ".password";

    public string ReadPassword() => File.ReadAllText(PasswordFile).Trim();

    /// <summary>Runs initdb with a random password, unless it was done before.</summary>
    public async Task InitializeAsync(PostgresBinaries binaries, PostgresAccount account, CancellationToken cancellationToken)
    {
        if (IsInitialized)
        {
            return;
        }

        WritePassword(account);
        if (await TryCreateAsync(binaries, account, CharacterType, cancellationToken) is not null
            && await TryCreateAsync(binaries, account, "C", cancellationToken) is { } output)
        {
            throw new StartupException($"PostgreSQL could not create its data directory {Folder}:\n{output}");
        }

        await File.WriteAllTextAsync(Marker, "", cancellationToken);
    }

    /// <summary>Runs initdb; what it said when it failed, and null otherwise.</summary>
    private async Task<string?> TryCreateAsync(
        PostgresBinaries binaries, PostgresAccount account, string characterType, CancellationToken cancellationToken)
    {
        if (Directory.Exists(Folder))
        {
            // Left by an initdb that was cut short. Without the marker no server ran on it, so it holds nobody's data.
            Directory.Delete(Folder, recursive: true);
        }

        var result = await ChildProcess.RunAsync(
            ChildProcess.Prepare(
                account,
                Root,
                binaries.InitDb,
                "--no-sync",
                "--locale=C",
                $"--lc-ctype={characterType}",
                "--encoding=UTF8",
                "--auth=scram-sha-256",
                $"--username={User}",
                $"--pwfile={PasswordFile}",
                $"--pgdata={Folder}"),
            cancellationToken);
        return result.ExitCode == 0 ? null : result.Output;
    }

    private void WritePassword(PostgresAccount account)
    {
        File.Delete(PasswordFile);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerReadWrite;
        }

        using (var writer = new StreamWriter(PasswordFile, options))
        {
            writer.Write(RandomNumberGenerator.GetHexString(32, lowercase: true));
        }

        account.Give(PasswordFile);
    }
}
