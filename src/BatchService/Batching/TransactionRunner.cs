using System.Data;
using Npgsql;
using Polly;
using Polly.Retry;

namespace BatchService.Batching;

/// <summary>What the work of a transaction decided.</summary>
/// <param name="Commit">False: roll back and give the value all the same.</param>
/// <param name="Outcomes">For the hook: the items that this transaction decided.</param>
internal sealed record TransactionVerdict<T>(bool Commit, T Value, IReadOnlyList<ItemOutcome> Outcomes);

/// <summary>Whether the effects are in the database.</summary>
internal enum TransactionEnd
{
    Committed,
    RolledBack,

    /// <summary>The hook said that the work is not this request's; nothing ran.</summary>
    Refused,
}

/// <summary>
/// Runs work in a transaction. It is repeated only where it is rolled back for certain: a serialization failure, a deadlock, a lock
/// time-out, or a connection lost before COMMIT was sent. A connection lost during COMMIT is resolved by asking for the
/// transaction's status; never by writing again.
/// </summary>
internal sealed partial class TransactionRunner(
    ConnectionGate gate, SessionSettings settings, TimeProvider time, BatchMetrics metrics, ILogger<TransactionRunner> logger) : IDisposable
{
    /// <summary>Who met a deadlock tries again alone among those who did: together they would meet the next one.</summary>
    private readonly SemaphoreSlim _afterDeadlock = new(1, 1);

    private readonly ResiliencePipeline _retries = new ResiliencePipelineBuilder { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = 3,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(20),
            MaxDelay = TimeSpan.FromMilliseconds(500),
            ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is RolledBackException),
        })
        .Build();

    /// <summary>Runs <paramref name="work"/> until it is committed or certainly rolled back.</summary>
    /// <exception cref="BatchFaultException">The deadline passed, the database is out of reach, or retries were used up.</exception>
    public async Task<(TransactionEnd End, T? Value)> RunAsync<T>(
        Caller caller,
        TransactionHook? hook,
        bool immediateConstraints,
        Func<BatchTransaction, CancellationToken, Task<TransactionVerdict<T>>> work,
        CancellationToken cancellationToken)
    {
        var isInLine = false;
        var afresh = false;
        var started = time.GetTimestamp();
        try
        {
            return await _retries.ExecuteAsync(
                async token =>
                {
                    try
                    {
                        return await AttemptAsync(caller, hook, immediateConstraints, work, afresh, token);
                    }
                    catch (RolledBackException exception)
                    {
                        afresh |= exception.IsOfConnection;
                        if (exception.IsDeadlock && !isInLine)
                        {
                            await _afterDeadlock.WaitAsync(token);
                            isInLine = true;
                        }
                        throw;
                    }
                },
                cancellationToken);
        }
        catch (RolledBackException exception)
        {
            throw exception.InnerException is PostgresException postgres
                ? DatabaseFaults.From(postgres, exception.Running)
                : DatabaseFaults.Unavailable(exception);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw DatabaseFaults.Deadline();
        }
        finally
        {
            var took = time.GetElapsedTime(started);
            metrics.Took(took);
            AuditEntry.Current?.AddWriting(took);
            if (isInLine)
                _afterDeadlock.Release();
        }
    }

    public void Dispose() => _afterDeadlock.Dispose();

    private async Task<(TransactionEnd, T?)> AttemptAsync<T>(
        Caller caller,
        TransactionHook? hook,
        bool immediateConstraints,
        Func<BatchTransaction, CancellationToken, Task<TransactionVerdict<T>>> work,
        bool afresh,
        CancellationToken cancellationToken)
    {
        metrics.Began();
        var audit = AuditEntry.Current is { IsRecorded: false } entry ? entry : null;
        var (end, value, doubt) = await RunOnceAsync(caller, hook, immediateConstraints, audit, work, afresh, cancellationToken);

        // Asked when the lost connection's place at the gate is free again: all who are in doubt would wait for each other otherwise.
        if (doubt is not null && !await CommitStatus.IsCommittedAsync(gate, doubt.Transaction, time, doubt.Loss))
            throw new RolledBackException(doubt.Loss);
        // Only what has written anything leaves a doubt.
        if (doubt is not null)
            audit?.Confirm(wrote: true);
        if (end == TransactionEnd.Committed)
            hook?.AfterCommit();
        return (end, value);
    }

    private async Task<(TransactionEnd End, T? Value, Doubt? Doubt)> RunOnceAsync<T>(
        Caller caller,
        TransactionHook? hook,
        bool immediateConstraints,
        AuditEntry? audit,
        Func<BatchTransaction, CancellationToken, Task<TransactionVerdict<T>>> work,
        bool afresh,
        CancellationToken cancellationToken)
    {
        await using var lease = await (afresh ? gate.OpenAfreshAsync(cancellationToken) : gate.OpenAsync(cancellationToken));
        BatchTransaction? open = null;
        TransactionVerdict<T> verdict;
        try
        {
            var transaction = await lease.Connection.BeginTransactionAsync(cancellationToken);
            open = new BatchTransaction(lease.Connection, transaction, settings, caller)
            {
                ImmediateConstraints = immediateConstraints,
                Audit = audit,
            };
            if (hook is not null)
            {
                await open.BeginAsync(cancellationToken);
                if (!await hook.AfterBeginAsync(lease.Connection, cancellationToken))
                    return (TransactionEnd.Refused, default, null);
            }
            verdict = await work(open, cancellationToken);
            if (verdict.Commit)
            {
                await open.FinishAsync(verdict.Outcomes.Count, cancellationToken);
                if (hook is not null)
                {
                    await open.BeginAsync(cancellationToken);
                    await hook.BeforeCommitAsync(lease.Connection, verdict.Outcomes, cancellationToken);
                }
            }
        }
        catch (PostgresException exception) when (SqlStates.IsRetryable(exception.SqlState))
        {
            throw new RolledBackException(exception) { Running = open?.Running };
        }
        catch (PostgresException exception) when (SqlStates.IsLostStatement(exception.SqlState))
        {
            // Others of the pool may have lost track in the same way.
            NpgsqlConnection.ClearPool(lease.Connection);
            throw new RolledBackException(exception);
        }
        catch (Exception exception) when (DatabaseFaults.IsConnectionLoss(exception) || IsBroken(lease, exception))
        {
            LogConnectionLost(logger, exception.Message);
            throw new RolledBackException(exception);
        }
        catch (PostgresException exception)
        {
            throw DatabaseFaults.From(exception, open?.Running);
        }
        if (verdict.Commit)
            return (TransactionEnd.Committed, verdict.Value, await CommitAsync(lease, open));
        await RollBackAsync(open);
        return (TransactionEnd.RolledBack, verdict.Value, null);
    }

    /// <summary>
    /// However it was told. When PostgreSQL refuses the values with which Npgsql first runs a statement that it prepares, Npgsql expects no
    /// rows of it from then on, and gives up the connection at the first row, with an exception of no particular type. Any connection of
    /// the pool may be in that state; what the next attempt gets is none of them, and prepares nothing.
    /// </summary>
    private static bool IsBroken(ConnectionGate.Lease lease, Exception exception) =>
        exception is not OperationCanceledException && lease.Connection.FullState.HasFlag(ConnectionState.Broken);

    private static async Task RollBackAsync(BatchTransaction open)
    {
        try
        {
            await open.Transaction.RollbackAsync(CancellationToken.None);
        }
        catch (Exception exception) when (DatabaseFaults.IsConnectionLoss(exception))
        {
            // The server rolls back what has lost its client.
        }
    }

    /// <summary>Null when it is committed for certain.</summary>
    private async Task<Doubt?> CommitAsync(ConnectionGate.Lease lease, BatchTransaction open)
    {
        try
        {
            await open.Transaction.CommitAsync(CancellationToken.None);
            open.Audit?.Confirm(wrote: open.Mark is not null);
            return null;
        }
        catch (PostgresException exception) when (SqlStates.IsRetryable(exception.SqlState))
        {
            throw new RolledBackException(exception);
        }
        catch (Exception exception) when (DatabaseFaults.IsConnectionLoss(exception) || IsBroken(lease, exception))
        {
            if (open.Mark is null)
                return null;
            LogCommitUnanswered(logger, open.Mark.Id);
            return new Doubt(open.Mark, exception);
        }
        catch (PostgresException exception)
        {
            // The server refused the COMMIT: no space left, a trigger that fires only now.
            throw DatabaseFaults.From(exception);
        }
    }

    /// <summary>A COMMIT that was sent and not answered.</summary>
    private sealed record Doubt(TransactionMark Transaction, Exception Loss);

    /// <summary>Certainly without effect: may be repeated.</summary>
    private sealed class RolledBackException(Exception inner) : Exception(inner.Message, inner)
    {
        /// <summary>The set whose statement was running.</summary>
        public WriteSet? Running { get; init; }

        /// <summary>Another connection may do better.</summary>
        public bool IsOfConnection => InnerException is not PostgresException failure || !SqlStates.IsRetryable(failure.SqlState);

        public bool IsDeadlock => InnerException is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected };
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection was lost inside a transaction, which is thereby rolled back: {Reason}")]
    private static partial void LogConnectionLost(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The reply to COMMIT of transaction {TransactionId} was lost; asking for its status")]
    private static partial void LogCommitUnanswered(ILogger logger, string transactionId);
}
