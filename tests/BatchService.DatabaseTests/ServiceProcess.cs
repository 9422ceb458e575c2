using System.Diagnostics;

namespace BatchService.DatabaseTests;

/// <summary>The real service in a process of its own, for tests that kill it.</summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly List<string> _lines = [];
    private Process? _guard;

    private ServiceProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Where it listens; null when it ended instead.</summary>
    public Uri? Address { get; private set; }

    /// <summary>Valid once it has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>What it wrote to both outputs so far.</summary>
    public string Output
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>Starts it on a free port and waits until it listens or has ended. Settings are <c>Key:Name=value</c>.</summary>
    public static async Task<ServiceProcess> StartAsync(params string[] settings)
    {
        var assembly = Path.Combine(AppContext.BaseDirectory, "BatchService.dll");
        string[] arguments = [assembly, "--urls", "http://127.0.0.1:0", .. settings.Select(setting => $"--{setting}")];
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        var service = new ServiceProcess(new Process { StartInfo = start });
        await service.WaitUntilListeningAsync();
        return service;
    }

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await WaitForExitAsync();
    }

    /// <summary>Sends a signal (<c>TERM</c>, <c>INT</c>, <c>STOP</c>) to it alone.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    public Task WaitForExitAsync() => _process.WaitForExitAsync().WaitAsync(Patience);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        if (_guard is not null)
        {
            await _guard.StandardInput.WriteLineAsync();
            await _guard.WaitForExitAsync();
            _guard.Dispose();
        }

        _process.Dispose();
    }

    private async Task WaitUntilListeningAsync()
    {
        var listening = new TaskCompletionSource<Uri?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.EnableRaisingEvents = true;
        _process.Exited += (_, _) => listening.TrySetResult(null);
        void Read(object sender, DataReceivedEventArgs received)
        {
            lock (_lines)
            {
                _lines.Add(received.Data ?? "");
            }

            if (received.Data?.StartsWith("Swagger UI: ", StringComparison.Ordinal) == true)
            {
                listening.TrySetResult(new Uri(new Uri(received.Data["Swagger UI: ".Length..]), "/"));
            }
        }

        _process.OutputDataReceived += Read;
        _process.ErrorDataReceived += Read;
        _process.Start();
        if (!OperatingSystem.IsWindows())
        {
            // Kills the service when this process ends without disposing of it: the pipe ends then.
            string[] arguments = ["-c", "trap '' INT HUP TERM; read -r _ || kill -9 \"$0\"", $"{_process.Id}"];
            _guard = Process.Start(new ProcessStartInfo("/bin/sh", arguments) { RedirectStandardInput = true, UseShellExecute = false });
        }

        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Address = await listening.Task.WaitAsync(Patience);
        if (Address is null)
        {
            // Waits for the end of the outputs as well.
            await WaitForExitAsync();
        }
    }
}
