namespace BatchService.Data;

/// <summary>What <c>postmaster.pid</c> says about the server that runs, or ran, on a data directory.</summary>
internal sealed record PostmasterFile(int ProcessId, int Port, string Status)
{
    /// <summary>True when it takes connections.</summary>
    public bool IsReady => Status == "ready";

    /// <summary>The server that runs on the data directory; null when there is none, whatever file an earlier one left.</summary>
    public static PostmasterFile? FindRunning(string dataFolder)
    {
        var path = Path.Combine(dataFolder, "postmaster.pid");
        if (Read(path) is not { } file)
        {
            return null;
        }

        if (ProcessNames.Of(file.ProcessId) is { } name && name.StartsWith("postgres", StringComparison.Ordinal))
        {
            return file;
        }

        // The number is free, or belongs to another program by now (a restart of the machine or container), or to a dead process
        // that nobody has collected: PostgreSQL would refuse to start in the last two cases. What is left of the former server must
        // be gone first: two servers on one data directory destroy it.
        if (!ProcessNames.AnyIn(dataFolder, "postgres"))
        {
            File.Delete(path);
        }

        return null;
    }

    private static PostmasterFile? Read(string path)
    {
        try
        {
            // pid, data directory, start time, port, socket directory, address, shared memory, status
            var lines = File.ReadAllLines(path);
            if (lines.Length < 4 || !int.TryParse(lines[0], out var processId) || !int.TryParse(lines[3], out var port))
            {
                return null;
            }

            return new PostmasterFile(processId, port, lines.Length > 7 ? lines[7].Trim() : "starting");
        }
        catch (IOException)
        {
            // Not there, or removed this moment: the server is gone.
            return null;
        }
    }
}
