using Npgsql;

namespace BatchService.Batching;

/// <summary>How far a stage came.</summary>
/// <param name="Outcomes">Of the sets before the failing one, and, of the failing one, what it could tell.</param>
/// <param name="FailedSet">The position of the set that failed; the number of sets when only the deferred constraints did; null = none.</param>
/// <param name="Failure">Why, when the database refused the statement; null when the set's own answer says so.</param>
/// <param name="Aborted">The transaction, or its effects so far, cannot be kept.</param>
internal sealed record StageResult(IReadOnlyList<ItemOutcome> Outcomes, int? FailedSet = null, SqlFailure? Failure = null, bool Aborted = false);

/// <summary>One open transaction: the first round trip also carries BEGIN, the caller's claims and the time-outs; the last one also
/// checks deferred constraints and learns the transaction's id.</summary>
internal sealed class BatchTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction, SessionSettings settings, Caller caller)
{
    private Caller? _claimsOf;
    private string? _role;
    private int _items;

    public NpgsqlConnection Connection => connection;

    public NpgsqlTransaction Transaction => transaction;

    /// <summary>By which its fate can be asked for; null before <see cref="FinishAsync"/> or when it wrote nothing.</summary>
    public TransactionMark? Mark { get; private set; }

    /// <summary>True once deferred constraints are checked and <see cref="Mark"/> is read.</summary>
    public bool Finished { get; private set; }

    /// <summary>Whose row the transaction writes when it finishes; null: nobody's, or it is there already.</summary>
    public AuditEntry? Audit { get; init; }

    /// <summary>Check every constraint at once from here on, so that a deferred one meets its item.</summary>
    public bool ImmediateConstraints { get; init; }

    /// <summary>The set whose statement is running, or was when the transaction met its end; null: another statement's.</summary>
    public WriteSet? Running { get; set; }

    /// <summary>Runs the sets in one round trip, up to the first that fails.</summary>
    public async Task<StageResult> RunAsync(IReadOnlyList<WriteSet> sets, bool isLast, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        var before = new int[sets.Count];
        for (var position = 0; position < sets.Count; position++)
        {
            before[position] = AppendPreamble(batch, sets[position].Caller, sets[position].RunsAsCaller);
            batch.BatchCommands.Add(sets[position].ToCommand());
            _items += sets[position].Count;
        }
        if (isLast)
            AppendFinish(batch, _items);
        var outcomes = new List<ItemOutcome>();
        var running = 0;
        try
        {
            Running = sets.Count > 0 ? sets[0] : null;
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            for (; running < sets.Count; running++)
            {
                Running = sets[running];
                for (var skipped = 0; skipped < before[running] + (running > 0 ? 1 : 0); skipped++)
                    await reader.NextResultAsync(cancellationToken);
                var answer = await sets[running].ReadAsync(reader, cancellationToken);
                outcomes.AddRange(answer.Outcomes);
                if (answer.Inexact || answer.MustRollBack)
                    return new StageResult(outcomes, running, Aborted: true);
            }
            Running = null;
            if (isLast)
                await ReadFinishAsync(reader, sets.Count > 0, cancellationToken);
        }
        catch (PostgresException exception) when (SqlStates.BlamesItem(exception))
        {
            return new StageResult(outcomes, running, SqlFailure.From(exception), Aborted: true);
        }
        var soft = outcomes.Exists(outcome => outcome.Status == ItemStatus.Failed);
        return new StageResult(outcomes, soft ? FirstFailing(sets, outcomes) : null);
    }

    /// <summary>Checks deferred constraints and reads the transaction's id, unless the last stage did.</summary>
    /// <param name="items">How many items the transaction decided.</param>
    public async Task FinishAsync(int items, CancellationToken cancellationToken)
    {
        if (Finished)
            return;
        await using var batch = new NpgsqlBatch(connection, transaction);
        // Deferred triggers belong to the statements: they run as the role that is in force.
        AppendClaims(batch, _claimsOf ?? caller);
        AppendFinish(batch, items);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await ReadFinishAsync(reader, advance: false, cancellationToken);
    }

    /// <summary>Sends the time-outs and claims now, for statements that are not sets: hooks, writes to the service's own tables.</summary>
    public Task BeginAsync(CancellationToken cancellationToken) => PrepareAsync(_claimsOf ?? caller, runsAsCaller: false, cancellationToken);

    /// <summary>Makes the session that of a set whose statement is not sent by <see cref="RunAsync"/>.</summary>
    public Task BeginAsync(WriteSet set, CancellationToken cancellationToken) => PrepareAsync(set.Caller, set.RunsAsCaller, cancellationToken);

    private async Task PrepareAsync(Caller of, bool runsAsCaller, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        if (AppendPreamble(batch, of, runsAsCaller) > 0)
            await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private const string FinishColumn = "transaction_id";

    private void AppendFinish(NpgsqlBatch batch, int items)
    {
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SET CONSTRAINTS ALL IMMEDIATE"));
        if (Audit is not null)
        {
            AppendRole(batch, null);
            batch.BatchCommands.Add(Audit.ToInsert(items));
        }
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            $"SELECT pg_current_xact_id_if_assigned()::text AS {FinishColumn}, {CommitStatus.ServerRun} AS server_run"));
    }

    /// <summary>Adds what must come before a set of this caller; the number of result sets that it gives.</summary>
    private int AppendPreamble(NpgsqlBatch batch, Caller of, bool runsAsCaller)
    {
        var commands = AppendClaims(batch, of);
        return commands + AppendRole(batch, runsAsCaller ? of.DatabaseRole : null);
    }

    private int AppendRole(NpgsqlBatch batch, string? role)
    {
        if (role == _role)
            return 0;
        _role = role;
        batch.BatchCommands.Add(SessionSettings.ToRoleCommand(role));
        return 1;
    }

    private int AppendClaims(NpgsqlBatch batch, Caller of)
    {
        if (ReferenceEquals(_claimsOf, of))
            return 0;
        var first = _claimsOf is null;
        _claimsOf = of;
        batch.BatchCommands.Add(first ? settings.ToBeginCommand(of) : SessionSettings.ToClaimsCommand(of));
        if (first && ImmediateConstraints)
            batch.BatchCommands.Add(new NpgsqlBatchCommand("SET CONSTRAINTS ALL IMMEDIATE"));
        return 1;
    }

    private async Task ReadFinishAsync(NpgsqlDataReader reader, bool advance, CancellationToken cancellationToken)
    {
        if (advance)
            await reader.NextResultAsync(cancellationToken);
        while (reader.FieldCount != 2 || reader.GetName(0) != FinishColumn)
            await reader.NextResultAsync(cancellationToken);
        if (await reader.ReadAsync(cancellationToken) && !await reader.IsDBNullAsync(0, cancellationToken))
            Mark = new TransactionMark(reader.GetString(0), reader.GetString(1));
        Finished = true;
    }

    private static int FirstFailing(IReadOnlyList<WriteSet> sets, List<ItemOutcome> outcomes)
    {
        var seen = 0;
        for (var position = 0; position < sets.Count; position++)
        {
            var end = seen + sets[position].Count;
            if (outcomes.FindIndex(seen, sets[position].Count, outcome => outcome.Status == ItemStatus.Failed) >= 0)
                return position;
            seen = end;
        }
        return sets.Count;
    }
}
