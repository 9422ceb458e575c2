using System.Runtime.InteropServices;
using NotebookWorker;

// A complete worker for a notebook's queue: it needs no language model, so that the whole way of an entry can be seen.
//   dotnet run --project samples/worker -- --url http://127.0.0.1:5080 --notebook <id>
var (options, wrong) = WorkerOptions.Read(args);
if (options is null)
{
    await Console.Error.WriteLineAsync($"{wrong}\n\n{WorkerOptions.Usage}");
    return 2;
}

using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext signal)
{
    // Not at once: the job at hand is finished first.
    signal.Cancel = true;
    stop.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var http = new HttpClient { BaseAddress = options.Url, Timeout = WorkLoop.Patience };
if (options.Token is { } token)
    http.DefaultRequestHeaders.Authorization = new("Bearer", token);
return await new WorkLoop(new JobClient(http, options), Console.Out).RunAsync(stop.Token);
