using BatchService.Data;

namespace BatchService.DatabaseTests;

/// <summary>A folder that PostgreSQL's account can reach, removed with this object.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = NewPath();

    /// <summary>A path that does not exist, in the system's temporary folder where PostgreSQL's account can enter that.</summary>
    public static string NewPath()
    {
        var account = PostgresAccount.ForThisProcess();
        string[] parents = [System.IO.Path.GetTempPath(), "/var/tmp"];
        var parent = Array.Find(parents, candidate => account.FindBarrier(System.IO.Path.Combine(candidate, "x")) is null) ?? parents[0];
        return System.IO.Path.Combine(parent, $"batchservice-test-{Guid.NewGuid():N}");
    }

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
