using System.Text.Json;
using BatchService.Batching;
using BatchService.Entities;
using Microsoft.Extensions.Options;

namespace BatchService.Operations;

/// <summary>A call of <c>POST /batch</c>.</summary>
/// <param name="Body">The strict JSON of the request.</param>
/// <param name="Minimal">What <c>Prefer: return</c> says; null: what the options say.</param>
/// <param name="Shape">Makes the answer of an outcome.</param>
internal sealed record OperationRequest(
    JsonElement Body, Caller Caller, IdempotencyKey? Key, bool? Minimal, Func<BatchAnswer, StoredAnswer> Shape);

/// <summary>Runs a batch of operations: parse, check, plan, write, shape.</summary>
internal sealed class OperationRunner(
    CatalogCache catalogs, BatchWriter writer, IdempotentRun idempotency, IOptions<BatchOptions> limits, TimeProvider time)
{
    /// <summary>The answer, or the errors of the request as a whole.</summary>
    public async Task<(StoredAnswer? Answer, IReadOnlyList<Error> Errors)> RunAsync(OperationRequest request, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var errors = new List<Error>();
        var batch = BatchParser.Parse(request.Body, limits.Value.MaxOperations, errors);
        if (batch is null || errors.Count > 0)
            return (null, batch is null ? errors : [.. errors, .. BatchChecker.CheckLinks(batch, limits.Value)]);
        if (request.Minimal is { } minimal)
            batch = batch with { Options = batch.Options with { Representation = !minimal } };
        var run = new Run(batch, request, started, time, limits.Value);
        var catalog = await catalogs.GetAsync(cancellationToken);
        if (!run.Check(catalog) && await catalogs.RefreshAsync(CatalogCache.MaxAgeOfARefusal, cancellationToken) is var fresh && fresh != catalog)
            run.Check(fresh);
        if (run.Checked is null)
            return (null, run.RequestErrors);
        if (run.IsDecided)
            return (request.Shape(run.Answer(null)), []);
        return await WriteAsync(run, catalog, cancellationToken);
    }

    private async Task<(StoredAnswer?, IReadOnlyList<Error>)> WriteAsync(Run run, Catalog catalog, CancellationToken cancellationToken)
    {
        var (answer, refusal) = await idempotency.RunAsync(
            run.Batch.Options.Validate == Validation.None ? run.Request.Key : null,
            run.Batch.Options.Atomic,
            run.Request.Caller,
            () => Task.FromResult(run.Request.Shape(run.Answer(new BatchEnd(Committed: true)))),
            (hook, done) => WriteOnceAsync(run, catalog, hook, done, cancellationToken),
            cancellationToken);
        return (answer, refusal is null ? [] : [refusal]);
    }

    private async Task<RunAnswer> WriteOnceAsync(
        Run run, Catalog catalog, TransactionHook? hook, IReadOnlyList<ItemOutcome> done, CancellationToken cancellationToken)
    {
        var end = await WriteOnceAsync(run, hook, done, cancellationToken);
        if (!end.Committed && run.MeetsStaleCatalog)
        {
            // The schema changed under the snapshot: check and run again, once, with what is there now.
            var fresh = await catalogs.RefreshAsync(TimeSpan.Zero, cancellationToken);
            if (fresh != catalog && run.Check(fresh))
                end = await WriteOnceAsync(run, hook, done, cancellationToken);
        }
        return end.Refused
            ? new RunAnswer(null, HasEffects: false)
            : new RunAnswer(run.Request.Shape(run.Answer(end)), end.Committed, IsInterrupted: end.Fault is not null);
    }

    private async Task<BatchEnd> WriteOnceAsync(Run run, TransactionHook? hook, IReadOnlyList<ItemOutcome> done, CancellationToken cancellationToken)
    {
        run.Plan = new OperationPlan(run.Checked!, done);
        try
        {
            return await writer.WriteAsync(run.Plan, run.Batch.Options.Mode, run.Request.Caller, hook, cancellationToken);
        }
        catch (BatchFaultException fault) when (fault.Failure is not null && run.Batch.Options.IsOneTransaction)
        {
            await run.Plan.RecordAsync([fault.Failure], committed: false, CancellationToken.None);
            return new BatchEnd(Committed: false);
        }
    }

    /// <summary>One call on its way through the steps.</summary>
    private sealed class Run(OperationBatch batch, OperationRequest request, long started, TimeProvider time, BatchOptions limits)
    {
        public OperationBatch Batch => batch;

        public OperationRequest Request => request;

        public CheckedBatch? Checked { get; private set; }

        public IReadOnlyList<Error> RequestErrors { get; private set; } = [];

        public OperationPlan? Plan { get; set; }

        /// <summary>Checks against a catalog; false when anything is wrong with the request or with an operation.</summary>
        public bool Check(Catalog catalog)
        {
            var errors = new List<Error>();
            Checked = BatchChecker.Check(batch, catalog, request.Caller, limits, errors);
            RequestErrors = errors;
            return Checked is not null && !Checked.Errors.Any();
        }

        /// <summary>Nothing needs to run: a static dry run, or an atomic batch that stops at a failure known already.</summary>
        public bool IsDecided =>
            batch.Options.Validate == Validation.Static
            || (batch.Options is { Atomic: true, ContinueOnError: false } && Checked!.Errors.Any());

        public bool MeetsStaleCatalog => Plan!.Outcomes.Any(outcome =>
            outcome?.Error is { } error && (error.Code == ErrorCodes.EntityUnknown || error.Code == ErrorCodes.ColumnUnknown));

        /// <summary>The answer of a run, or, where nothing needed to run, what is known without one.</summary>
        public BatchAnswer Answer(BatchEnd? end)
        {
            if (Plan is null)
            {
                Plan = new OperationPlan(Checked!, []);
                Plan.Decide();
            }
            var report = BatchReport.Of(
                Plan.Outcomes, batch.Options.Mode, end?.Committed ?? false, wasRun: batch.Options.Validate != Validation.Static);
            AuditEntry.Current?.Ended = new ItemTotals(report.Total, report.SuccessCount, report.FailureCount);
            return new BatchAnswer(Checked!, report, (long)time.GetElapsedTime(started).TotalMilliseconds, end?.Fault);
        }
    }
}
