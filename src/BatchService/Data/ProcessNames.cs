using System.ComponentModel;
using System.Diagnostics;

namespace BatchService.Data;

/// <summary>Looks at other processes by their id or name.</summary>
internal static class ProcessNames
{
    /// <summary>The program's name, or null when no such process runs (one that has ended and was not collected does not run).</summary>
    public static string? Of(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return IsDefunct(processId) ? null : process.ProcessName;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }

    /// <summary>True when a program of that name works in the folder; known on Linux only.</summary>
    public static bool AnyIn(string folder, string name)
    {
        var any = false;
        foreach (var process in Process.GetProcessesByName(name))
        {
            using (process)
            {
                any |= OperatingSystem.IsLinux() && WorkingDirectory(process.Id) == folder;
            }
        }

        return any;
    }

    private static string? WorkingDirectory(int processId)
    {
        try
        {
            return new FileInfo($"/proc/{processId}/cwd").LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Ended this moment, or another account's and then not on our data.
            return null;
        }
    }

    private static bool IsDefunct(int processId)
    {
        try
        {
            // pid (name) state …; the name may hold parentheses of its own.
            var stat = OperatingSystem.IsLinux() ? File.ReadAllText($"/proc/{processId}/stat") : "";
            return stat.AsSpan(stat.LastIndexOf(')') + 1).TrimStart().StartsWith("Z");
        }
        catch (IOException)
        {
            return true;
        }
    }
}
