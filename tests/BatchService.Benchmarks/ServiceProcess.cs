using System.Diagnostics;
using System.Globalization;

namespace BatchService.Benchmarks;

/// <summary>The service in a process of its own, as it was built together with this program.</summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private ServiceProcess(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    /// <summary>Bytes of memory now.</summary>
    public long Resident => ReadKilobytes("VmRSS:") * 1024;

    /// <summary>The most bytes of memory so far.</summary>
    public long PeakResident => ReadKilobytes("VmHWM:") * 1024;

    /// <summary>Starts it on a free port of loopback and waits until it listens.</summary>
    /// <param name="jobWorkers">0: it takes jobs and leaves them alone.</param>
    public static async Task<ServiceProcess> StartAsync(string connectionString, int jobWorkers, CancellationToken cancellationToken)
    {
        var program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "BatchService.exe" : "BatchService");
        var start = new ProcessStartInfo(program, ["--urls", "http://127.0.0.1:0"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };

        // Not on the command line, where every user of the machine could read the password.
        start.Environment["ConnectionStrings__Batch"] = connectionString;
        start.Environment["Jobs__Workers"] = jobWorkers.ToString(CultureInfo.InvariantCulture);
        start.Environment["Sample"] = "chinook";
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        var listening = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.Exited += (_, _) => listening.TrySetException(new InvalidOperationException("The service ended."));
        process.ErrorDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.StartsWith("Swagger UI: ", StringComparison.Ordinal) == true)
            {
                listening.TrySetResult(new Uri(new Uri(line.Data["Swagger UI: ".Length..]), "/"));
            }
        };
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            return new ServiceProcess(process, await listening.Task.WaitAsync(Patience, cancellationToken));
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // Nothing is to be drained: its callers have all been answered.
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private long ReadKilobytes(string name) => OperatingSystem.IsLinux()
        ? File.ReadLines($"/proc/{_process.Id}/status")
            .Where(line => line.StartsWith(name, StringComparison.Ordinal))
            .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture))
            .First()
        : _process.WorkingSet64 / 1024;
}
