using System.Diagnostics;

namespace BatchService.Data;

/// <summary>A shell that stops PostgreSQL when our pipe to it ends: the server does not outlive a killed service.</summary>
/// <remarks>Where there is no shell (Windows) nothing waits, and the next start finds the server and goes on with it.</remarks>
internal sealed class Watchdog : IAsyncDisposable
{
    // A line means that the server was stopped in the ordinary way; the end of the pipe, that we died.
    // The second try is for a service that died while pg_ctl was still starting the server.
    private const string Script =
        """
        trap '' INT HUP TERM QUIT
        exec >/dev/null 2>&1
        echo $$ > "$4"
        if ! read -r _; then
          "$1" -D "$2" -m "$3" -w stop || { sleep 2; "$1" -D "$2" -m "$3" -w stop; }
          if [ -n "$5" ]; then rm -rf "$5"; fi
        fi
        rm -f "$4"
        """;

    private readonly Process? _process;

    private Watchdog(Process? process) => _process = process;

    /// <summary>Starts it, before the server: between the two there is no moment without a watch.</summary>
    /// <param name="temporary">The data is of no use afterwards: stop at once, and remove the root folder as well.</param>
    public static Watchdog Start(PostgresCluster cluster, PostgresBinaries binaries, PostgresAccount account, bool temporary)
    {
        if (OperatingSystem.IsWindows())
        {
            return new Watchdog(null);
        }

        string[] shell =
        [
            "/bin/sh",
            "-c",
            Script,
            "batchservice-watchdog",
            binaries.PgCtl,
            cluster.Folder,
            temporary ? "immediate" : "fast",
            cluster.WatchdogFile,
            temporary ? cluster.Root : "",
        ];

        // A session of its own keeps the terminal's signals away; where setsid is missing (macOS) the traps have to do.
        string[] command = File.Exists("/usr/bin/setsid") ? ["/usr/bin/setsid", .. shell] : shell;
        var start = ChildProcess.Prepare(account, cluster.Root, command[0], command[1..]);
        start.RedirectStandardOutput = false;
        start.RedirectStandardError = false;
        return new Watchdog(Process.Start(start));
    }

    /// <summary>Waits until the watchdog of a service that was killed has done its work, so that it cannot stop our server.</summary>
    public static async Task WaitForFormerAsync(PostgresCluster cluster, CancellationToken cancellationToken)
    {
        var text = File.Exists(cluster.WatchdogFile) ? await File.ReadAllTextAsync(cluster.WatchdogFile, cancellationToken) : "";
        if (!int.TryParse(text, out var id))
        {
            return;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            // The name guards against a number that was given to another program.
            while (ProcessNames.Of(id) is "sh" or "dash" or "bash" or "busybox")
            {
                await Task.Delay(50, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StartupException($"The server in {cluster.Folder} is still being stopped; try again later.");
        }
    }

    /// <summary>Sends it home: the server has been stopped.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is null)
        {
            return;
        }

        try
        {
            await _process.StandardInput.WriteLineAsync();
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It is gone already.
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
