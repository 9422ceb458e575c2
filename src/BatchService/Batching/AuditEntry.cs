using Npgsql;
using NpgsqlTypes;

namespace BatchService.Batching;

/// <summary>
/// The audit row of one request on its way into the database: its first transaction that writes anything writes it, too. It follows the
/// request by itself (<see cref="Current"/>), as the trace id does, so that no step can forget to pass it on.
/// </summary>
internal sealed class AuditEntry(Caller caller, string route, string? traceId, DateTimeOffset now, TimeProvider time)
{
    private const string Sql = """
        INSERT INTO batch.audit (batch_id, caller, at, route, mode, job_id, completed, failed, skipped, duration_ms, trace_id)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
        WHERE pg_current_xact_id_if_assigned() IS NOT NULL
        """;

    private static readonly AsyncLocal<AuditEntry?> s_current = new();

    private readonly long _started = time.GetTimestamp();
    private long _writingTicks;

    /// <summary>Of the request that is being served here; null: nobody's.</summary>
    public static AuditEntry? Current
    {
        get => s_current.Value;
        set => s_current.Value = value;
    }

    /// <summary>Who asks.</summary>
    public Caller Caller { get; set; } = caller;

    /// <summary>In whole milliseconds, as the id tells it.</summary>
    public DateTimeOffset At { get; } = DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds());

    public Guid BatchId { get; } = Guid.CreateVersion7(now);

    /// <summary>The row is in the database for certain.</summary>
    public bool IsRecorded { get; private set; }

    /// <summary>Its counts are still to be told, since the batch goes on after its first transaction.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>The job that the request is accepted as: its counts come with its end.</summary>
    public Guid? JobId { get; set; }

    public bool IsAtomic { get; set; } = true;

    /// <summary>What an atomic write that is no batch counts; null: what its transaction counts.</summary>
    public ItemTotals? Told { get; set; }

    /// <summary>The totals of a batch that has ended, for a row that waits for them.</summary>
    public ItemTotals? Ended { get; set; }

    /// <summary>Since the request came.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(_started);

    /// <summary>When its body had been read and parsed; null: that is not known.</summary>
    public TimeSpan? Parsed { get; set; }

    /// <summary>What its transactions took, waiting for a connection included.</summary>
    public TimeSpan Writing => new(Interlocked.Read(ref _writingTicks));

    public void AddWriting(TimeSpan took) => Interlocked.Add(ref _writingTicks, took.Ticks);

    /// <summary>
    /// The statement of the row, to be sent with the last ones of a transaction. A transaction that has written nothing stays one: it
    /// writes no row either.
    /// </summary>
    /// <param name="items">How many items the transaction writes; of an atomic batch they all complete, or there is no row.</param>
    public NpgsqlBatchCommand ToInsert(long items)
    {
        IsOpen = JobId is not null || !IsAtomic;
        var totals = IsOpen ? null : Told ?? new ItemTotals(items, items, 0);
        var mode = JobId is not null ? "job" : IsAtomic ? "atomic" : "best_effort";
        return new NpgsqlBatchCommand(Sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid> { TypedValue = BatchId },
                new NpgsqlParameter<string> { TypedValue = Caller.Subject },
                new NpgsqlParameter<DateTimeOffset> { TypedValue = At, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new NpgsqlParameter<string> { TypedValue = route },
                new NpgsqlParameter<string> { TypedValue = mode },
                Nullable(JobId, NpgsqlDbType.Uuid),
                Nullable(totals?.Successes, NpgsqlDbType.Bigint),
                Nullable(totals?.Failures, NpgsqlDbType.Bigint),
                Nullable(totals is null ? null : totals.Total - totals.Successes - totals.Failures, NpgsqlDbType.Bigint),
                Nullable(totals is null ? null : (long)Elapsed.TotalMilliseconds, NpgsqlDbType.Bigint),
                Nullable(traceId, NpgsqlDbType.Text),
            },
        };
    }

    /// <summary>A transaction that sent the row is committed.</summary>
    /// <param name="wrote">It wrote anything, and so the row as well.</param>
    public void Confirm(bool wrote) => IsRecorded |= wrote;

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
