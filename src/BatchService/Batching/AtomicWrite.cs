using Npgsql;

namespace BatchService.Batching;

/// <summary>What a write came to: the answer to commit with, or the errors for which everything is rolled back.</summary>
/// <param name="Answer">Null when there are errors.</param>
internal sealed record WriteResult(StoredAnswer? Answer, IReadOnlyList<Error> Errors)
{
    /// <summary>Commit, and answer with this.</summary>
    public static WriteResult Done(StoredAnswer answer) => new(answer, []);

    /// <summary>Roll back.</summary>
    public static WriteResult Refused(params IReadOnlyList<Error> errors) => new(null, errors);
}

/// <summary>
/// Runs a write that is one transaction, with its idempotency key and its answer in the same transaction. Retries, the fate of a lost
/// COMMIT and the caller's claims are those of every batch.
/// </summary>
internal sealed class AtomicWrite(TransactionRunner transactions, IdempotentRun idempotency)
{
    /// <summary>Runs <paramref name="write"/>, which must be repeatable: a transaction that was rolled back for certain is tried again.</summary>
    /// <exception cref="BatchFaultException">Nothing was written, for a reason that the write did not foresee.</exception>
    public async Task<WriteResult> RunAsync(
        IdempotencyKey? key,
        Caller caller,
        Func<NpgsqlConnection, CancellationToken, Task<WriteResult>> write,
        CancellationToken cancellationToken)
    {
        WriteResult? result = null;
        var (answer, refusal) = await idempotency.RunAsync(
            key,
            isAtomic: true,
            caller,
            () => Task.FromResult(result!.Answer!),
            async (hook, _) =>
            {
                var (end, value) = await transactions.RunAsync(
                    caller,
                    hook,
                    immediateConstraints: false,
                    async (open, token) =>
                    {
                        await open.BeginAsync(token);
                        result = await write(open.Connection, token);
                        if (result.Answer is { } done)
                            AuditEntry.Current?.Told = new ItemTotals(done.Succeeded + done.Failed, done.Succeeded, done.Failed);
                        return new TransactionVerdict<WriteResult>(result.Answer is not null, result, []);
                    },
                    cancellationToken);
                return new RunAnswer(value?.Answer, end == TransactionEnd.Committed);
            },
            cancellationToken);
        if (refusal is not null)
            return WriteResult.Refused(refusal);
        return answer is not null ? WriteResult.Done(answer) : result!;
    }

    /// <summary>Replaces the answer kept under the key by one that also knows what happened after the commit.</summary>
    public Task AmendAsync(IdempotencyKey key, Caller caller, StoredAnswer answer) => idempotency.AmendAsync(key, caller, answer);
}
