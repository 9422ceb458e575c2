using BatchService.Batching;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>
/// Fills in integration costs, a bounded number at a time: in each pass at most <see cref="GroupsOfPass"/> groups of
/// <see cref="NotebookOptions.CostBatch"/> entries, from notebook to notebook. Every process does it; it never takes the host down.
/// </summary>
internal sealed partial class CostPass(CostStore store, IOptions<NotebookOptions> options, TimeProvider time, ILogger<CostPass> logger)
    : BackgroundService
{
    private const int GroupsOfPass = 40;

    /// <summary>The notebook that had its turn last: a large one does not keep the others waiting.</summary>
    private Guid _last;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.CostIntervalSeconds), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                if (exception is NpgsqlException or TimeoutException or BatchFaultException)
                    LogInterrupted(logger, exception.Message);
                else
                    LogFailed(logger, exception);
            }
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var left = GroupsOfPass; left > 0;)
        {
            var due = await store.FindDueAsync(_last, left, cancellationToken);
            if (due.Count == 0 && _last == Guid.Empty)
                return;
            foreach (var notebook in due)
            {
                await store.ComputeAsync(notebook, options.Value.CostBatch, cancellationToken);
                _last = notebook;
                left--;
            }
            if (left > 0)
                _last = Guid.Empty;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Integration costs are computed later: {Reason}")]
    private static partial void LogInterrupted(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Computing integration costs failed; trying again")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
