namespace BatchService.Data;

/// <summary>The folder that holds an embedded server's data by major version (<c>pg15</c>), held by one process at a time.</summary>
internal sealed class DataRoot : IDisposable
{
    private const string LockName = "batchservice.lock";
    private const string CacheName = "binaries";

    private readonly FileStream _lock;

    private DataRoot(string folder, FileStream held)
    {
        Folder = folder;
        _lock = held;
    }

    public string Folder { get; }

    /// <summary>Where fetched binaries are kept, whatever folder the data is in.</summary>
    public static string Cache(PostgresAccount account) => Path.Combine(Default(account), CacheName);

    /// <summary>The system's place for data when we are root, else the local data folder of the user.</summary>
    public static string Default(PostgresAccount account)
    {
        if (account.UserName is not null)
        {
            return IsUsable("/var/lib/batchservice", account) ? "/var/lib/batchservice" : "/var/tmp/batchservice";
        }

        // DoNotVerify: the folder may not exist yet, and no folder would be returned then.
        var local = Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData,
            Environment.SpecialFolderOption.DoNotVerify);
        var folder = Path.Combine(local, "batchservice");
        return local.Length > 0 && IsUsable(folder, account) ? folder : Path.Combine("/var/tmp", $"batchservice-{Environment.UserName}");
    }

    /// <summary>Creates the folder where needed, gives it to the account and takes the lock; throws when another has it.</summary>
    public static DataRoot Open(string folder, PostgresAccount account)
    {
        try
        {
            if (IsForeign(folder))
            {
                // Taking it over would change owner and mode of somebody's files.
                throw new StartupException(
                    $"{folder} holds files that are not the service's. Name an empty folder in Database:DataDirectory.");
            }

            account.Own(folder);
            if (account.FindBarrier(folder) is { } barrier)
            {
                throw new StartupException(
                    $"The account \"{account.UserName}\", which PostgreSQL must run under, cannot enter {barrier}. " +
                    "Name another folder in Database:DataDirectory.");
            }

            var held = new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new DataRoot(folder, held);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new StartupException($"The data folder {folder} cannot be written. Name another in Database:DataDirectory.", exception);
        }
        catch (IOException exception) when (exception.GetType() == typeof(IOException) && File.Exists(Path.Combine(folder, LockName)))
        {
            throw new StartupException(
                $"The data in {folder} is in use by another process of the service. Stop that one, name another folder in " +
                "Database:DataDirectory, or give both the same PostgreSQL with ConnectionStrings:Batch.",
                exception);
        }
        catch (IOException exception)
        {
            throw new StartupException($"The data folder {folder} cannot be made: {exception.Message}", exception);
        }
    }

    /// <summary>The major versions that data exists of.</summary>
    public IReadOnlyList<int> Majors() =>
    [
        .. Directory.GetDirectories(Folder, "pg*")
            .Select(folder => int.TryParse(Path.GetFileName(folder).AsSpan(2), out var major) ? major : 0)
            .Where(major => major > 0 && new PostgresCluster(Folder, major).IsInitialized),
    ];

    public void Dispose() => _lock.Dispose();

    private static bool IsForeign(string folder) =>
        Directory.Exists(folder)
        && !File.Exists(Path.Combine(folder, LockName))
        && Directory.EnumerateFileSystemEntries(folder).Any(entry => Path.GetFileName(entry) != CacheName);

    private static bool IsUsable(string folder, PostgresAccount account)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return account.FindBarrier(folder) is null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
