using System.Diagnostics;

namespace BatchService.Data;

/// <summary>How a child process ended, and what it wrote to both of its outputs.</summary>
internal sealed record ChildResult(int ExitCode, string Output);

/// <summary>Starts programs in a known environment: their account, their folder, no <c>PG*</c> variable of the caller.</summary>
internal static class ChildProcess
{
    /// <summary>A start in our own environment, with all streams redirected.</summary>
    public static ProcessStartInfo Plain(string folder, string program, params IEnumerable<string> arguments) => new(program, arguments)
    {
        WorkingDirectory = folder,
        UseShellExecute = false,
        CreateNoWindow = true,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    /// <summary>A start under <paramref name="account"/>; <paramref name="folder"/> becomes its working directory and HOME.</summary>
    public static ProcessStartInfo Prepare(PostgresAccount account, string folder, string program, params IEnumerable<string> arguments)
    {
        var start = Plain(folder, program, arguments);
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["LC_ALL"] = "C";
        start.Environment["HOME"] = folder;
        if (account.UserName is not null)
        {
            start.UserName = account.UserName;
        }

        return start;
    }

    /// <summary>Runs it to its end with no input; a cancelled wait ends the process and what it started.</summary>
    public static async Task<ChildResult> RunAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string>[] outputs =
        [
            start.RedirectStandardOutput ? process.StandardOutput.ReadToEndAsync(CancellationToken.None) : Task.FromResult(""),
            start.RedirectStandardError ? process.StandardError.ReadToEndAsync(CancellationToken.None) : Task.FromResult(""),
        ];
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new ChildResult(process.ExitCode, string.Concat(await Task.WhenAll(outputs)).Trim());
    }
}
