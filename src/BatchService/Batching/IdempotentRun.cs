using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.Batching;

/// <summary>What a door does when its turn comes.</summary>
/// <param name="hook">To be given to the <see cref="BatchWriter"/>; null without a key.</param>
/// <param name="done">What an interrupted run with the same key has decided already.</param>
internal delegate Task<RunAnswer> BatchRun(TransactionHook? hook, IReadOnlyList<ItemOutcome> done);

/// <summary>What a run answers.</summary>
/// <param name="Answer">Null when the hook refused: then the claim tells why.</param>
/// <param name="HasEffects">Something was committed, so that the key must remember the answer.</param>
/// <param name="IsInterrupted">Best effort: a fault ended it early, so that a repetition is to go on with the rest.</param>
internal sealed record RunAnswer(StoredAnswer? Answer, bool HasEffects, bool IsInterrupted = false);

/// <summary>
/// Gives requests with an <c>Idempotency-Key</c> one effect. An atomic batch writes its key, its effects and its answer in one transaction.
/// A best-effort batch claims its key first, keeps each transaction's outcomes in that transaction, and the answer at the end; if it is
/// interrupted, a repetition goes on where it stopped: at once or, where the process died or a commit is in doubt, after the lease.
/// </summary>
internal sealed class IdempotentRun(TransactionRunner transactions, IOptions<IdempotencyOptions> options)
{
    /// <summary>Runs, replays, or refuses.</summary>
    /// <param name="shape">Of an atomic batch: the answer, made when all of it is written and COMMIT is next.</param>
    public async Task<(StoredAnswer? Answer, Error? Refusal)> RunAsync(
        IdempotencyKey? key, bool isAtomic, Caller caller, Func<Task<StoredAnswer>> shape, BatchRun run, CancellationToken cancellationToken)
    {
        if (key is null)
            return ((await run(null, [])).Answer, null);
        var store = new IdempotencyStore(key, TimeSpan.FromSeconds(options.Value.LeaseSeconds), TimeSpan.FromHours(options.Value.Hours));
        return isAtomic
            ? await RunAtomicAsync(store, shape, run)
            : await RunInPartsAsync(store, caller, run, cancellationToken);
    }

    /// <summary>
    /// Replaces the kept answer of an atomic request by one that also knows what happened after the commit. The first answer stays where
    /// that fails: it told what was certain then.
    /// </summary>
    public async Task AmendAsync(IdempotencyKey key, Caller caller, StoredAnswer answer)
    {
        // An atomic claim is seen by others with its answer only, so that it is always the first.
        const long Fence = 1;
        var store = new IdempotencyStore(key, TimeSpan.FromSeconds(options.Value.LeaseSeconds), TimeSpan.FromHours(options.Value.Hours));
        try
        {
            await EndAsync(
                caller, (connection, token) => store.FinishAsync(connection, Fence, answer.Within(options.Value.MaxResponseBytes), token));
        }
        catch (BatchFaultException)
        {
            // The database is away.
        }
    }

    private async Task<(StoredAnswer?, Error?)> RunAtomicAsync(IdempotencyStore store, Func<Task<StoredAnswer>> shape, BatchRun run)
    {
        var hook = new AtomicHook(store, shape, options.Value.MaxResponseBytes);
        var ran = await run(hook, []);
        // The answer that was stored is the one that is sent: a repetition gets the same bytes.
        return (hook.Answer ?? ran.Answer, hook.Refusal);
    }

    private async Task<(StoredAnswer?, Error?)> RunInPartsAsync(
        IdempotencyStore store, Caller caller, BatchRun run, CancellationToken cancellationToken)
    {
        var claim = await InTransactionAsync(caller, store.ClaimAsync, cancellationToken);
        if (claim.State != ClaimState.Mine)
            return (claim.Answer, claim.Refusal);
        RunAnswer ran;
        try
        {
            ran = await run(new PartsHook(store, claim), claim.Done);
        }
        catch (Exception exception) when (exception is not BatchFaultException { IsOutcomeUnknown: true })
        {
            await LeaveAsync(store, caller, claim);
            throw;
        }
        var isMine = ran.Answer is not null;
        if (ran.IsInterrupted || (isMine && !ran.HasEffects && claim.Done.Count == 0))
            await LeaveAsync(store, caller, claim);
        else if (isMine)
            isMine = await EndAsync(caller, (connection, token) => store.FinishAsync(connection, claim.Fence, ran.Answer!.Within(options.Value.MaxResponseBytes), token));

        // Who has taken the key over gives the answer, so that there is only one.
        return isMine ? (ran.Answer, null) : (null, IdempotencyClaim.Running.Refusal);
    }

    private async Task LeaveAsync(IdempotencyStore store, Caller caller, IdempotencyClaim claim)
    {
        try
        {
            await EndAsync(
                caller,
                async (connection, token) =>
                {
                    await store.LeaveAsync(connection, claim.Fence, token);
                    return true;
                });
        }
        catch (BatchFaultException)
        {
            // The database is away: the lease ends by itself.
        }
    }

    /// <summary>After the effects are committed the answer is kept whatever the client does; if that fails, a repetition resumes from the parts.</summary>
    private async Task<bool> EndAsync(Caller caller, Func<NpgsqlConnection, CancellationToken, Task<bool>> end)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        return await InTransactionAsync(caller, end, patience.Token);
    }

    private async Task<T> InTransactionAsync<T>(
        Caller caller, Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        // The key's own transactions are no writes of the caller; this ends with the method.
        AuditEntry.Current = null;
        var (_, value) = await transactions.RunAsync(
            caller,
            hook: null,
            immediateConstraints: false,
            async (open, token) =>
            {
                await open.BeginAsync(token);
                return new TransactionVerdict<T>(true, await work(open.Connection, token), []);
            },
            cancellationToken);
        return value!;
    }

    private sealed class AtomicHook(IdempotencyStore store, Func<Task<StoredAnswer>> shape, int maxBytes) : TransactionHook
    {
        private IdempotencyClaim? _claim;

        public StoredAnswer? Answer { get; private set; }

        public Error? Refusal => _claim?.Refusal;

        public override async Task<bool> AfterBeginAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
        {
            _claim = await store.ClaimAsync(connection, cancellationToken);
            Answer = _claim.Answer;
            return _claim.State == ClaimState.Mine;
        }

        public override async Task BeforeCommitAsync(
            NpgsqlConnection connection, IReadOnlyList<ItemOutcome> outcomes, CancellationToken cancellationToken)
        {
            Answer = await shape();
            await store.FinishAsync(connection, _claim!.Fence, Answer.Within(maxBytes), cancellationToken);
        }
    }

    private sealed class PartsHook(IdempotencyStore store, IdempotencyClaim claim) : TransactionHook
    {
        // Above those of earlier, interrupted runs.
        private int _part = checked((int)claim.Fence * 1_000_000);

        public override Task<bool> AfterBeginAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
            store.HoldAsync(connection, claim.Fence, cancellationToken);

        public override Task BeforeCommitAsync(
            NpgsqlConnection connection, IReadOnlyList<ItemOutcome> outcomes, CancellationToken cancellationToken) =>
            store.AddPartAsync(connection, _part++, outcomes, cancellationToken);
    }
}
