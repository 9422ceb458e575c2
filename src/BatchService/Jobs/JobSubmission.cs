using System.Buffers;
using System.Text;
using System.Text.Json;
using BatchService.Batching;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Jobs;

/// <summary>A job that was accepted.</summary>
internal sealed record AcceptedJob(Guid JobId, int TotalItems);

/// <summary>
/// Accepts jobs: everything that can be wrong with one as a whole is found before, and its rows, its items and the idempotency key are
/// one transaction.
/// </summary>
internal sealed class JobSubmission(
    JobTypes types, IOptions<JobOptions> options, IOptions<WebhookOptions> webhooks, TimeProvider time)
{
    private const int MaxBlockBytes = 1024 * 1024;

    /// <summary>How many faulty lines of a body are told.</summary>
    private const int MaxErrors = 100;

    private static readonly JsonElement s_none = JsonElement.Parse("{}");

    /// <summary>Checks an order; null, and the errors, when it is refused.</summary>
    public async Task<CheckedOrder?> CheckAsync(JobOrder order, Caller caller, List<Error> errors, CancellationToken cancellationToken)
    {
        var before = errors.Count;
        if (caller.Refusal("jobs:write") is { } refusal)
            errors.Add(refusal);
        if (order.CallbackUrl is { } url && WebhookUrl.Check(url, webhooks.Value) is { } badUrl)
            errors.Add(badUrl with { Pointer = "/callback_url" });
        var type = types.Find(order.JobType);
        if (type is null)
        {
            if (order.JobType.Length > 0)
                errors.Add(new Error(ErrorCodes.FieldInvalid, $"The field 'job_type' must be one of: {string.Join(", ", types.Names)}", "/job_type"));
            return null;
        }
        var refusals = new List<Error>();
        var mode = await type.CheckAsync(OptionsOf(order), caller, refusals, cancellationToken);
        errors.AddRange(refusals.Select(error => error with { Pointer = order.PlaceInCall(error.Pointer) }));
        if (order.Header is not null && !type.TakesCsv)
            errors.Add(new Error(ErrorCodes.UnsupportedMediaType, $"Items of the type '{type.Name}' are JSON; send them as application/json or application/x-ndjson."));
        if (errors.Count > before)
            return null;
        var inspection = new JobInspection(caller, OptionsOf(order), order.Header, order.Open(cancellationToken), order.Root);
        var mayCut = await type.InspectAsync(inspection, errors, cancellationToken);
        return errors.Count > before ? null : new CheckedOrder(order, type, mode, mayCut);
    }

    /// <summary>Writes the job into the open transaction; the errors for which it must be rolled back otherwise.</summary>
    public async Task<(AcceptedJob? Job, IReadOnlyList<Error> Errors)> WriteAsync(
        NpgsqlConnection connection, CheckedOrder order, Caller caller, CancellationToken cancellationToken)
    {
        // A first look spares the work; what counts is the second one.
        if (await RefuseQuotaAsync(connection, caller, own: 0, isLocked: false, cancellationToken) is { } early)
            return (null, [early]);
        var jobId = Guid.CreateVersion7(time.GetUtcNow());
        AuditEntry.Current?.JobId = jobId;
        await InsertJobAsync(connection, jobId, order.Order, caller, cancellationToken);
        var writer = new BlockWriter(connection, jobId, order, options.Value);
        var errors = await writer.WriteAsync(cancellationToken);
        if (errors.Count > 0)
            return (null, errors);
        if (await RefuseQuotaAsync(connection, caller, own: 1, isLocked: true, cancellationToken) is { } late)
            return (null, [late]);
        await using var finish = new NpgsqlBatch(connection);
        finish.BatchCommands.Add(new NpgsqlBatchCommand("UPDATE batch.job SET total_items = $2 WHERE batch_job_id = $1")
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = jobId }, new NpgsqlParameter<int> { TypedValue = writer.Total } },
        });
        finish.BatchCommands.Add(new NpgsqlBatchCommand($"NOTIFY {JobSignal.Channel}"));
        await finish.ExecuteNonQueryAsync(cancellationToken);
        return (new AcceptedJob(jobId, writer.Total), []);
    }

    private static JsonElement OptionsOf(JobOrder order) => order.Options.ValueKind == JsonValueKind.Object ? order.Options : s_none;

    /// <summary>
    /// Counts the caller's unfinished jobs. The lock makes several submissions of a caller count one after the other; it is held to the
    /// end of the transaction, and so comes last in it: a small job need not wait until a large one is stored.
    /// </summary>
    /// <param name="own">How many of them the transaction itself has made.</param>
    private async Task<Error?> RefuseQuotaAsync(
        NpgsqlConnection connection, Caller caller, int own, bool isLocked, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (isLocked)
            batch.BatchCommands.Add(OfCaller("SELECT pg_advisory_xact_lock(hashtextextended('batch.job ' || $1, 0))", caller));
        batch.BatchCommands.Add(OfCaller("SELECT count(*) FROM batch.job WHERE caller = $1 AND status IN ('pending', 'processing')", caller));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (isLocked)
            await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return reader.GetInt64(0) - own >= options.Value.MaxRunningPerCaller
            ? new Error(ErrorCodes.JobQuotaExceeded, $"The caller has {options.Value.MaxRunningPerCaller} unfinished jobs already")
            : null;
    }

    private static NpgsqlBatchCommand OfCaller(string sql, Caller caller) =>
        new(sql) { Parameters = { new NpgsqlParameter<string> { TypedValue = caller.Subject } } };

    private static async Task InsertJobAsync(
        NpgsqlConnection connection, Guid jobId, JobOrder order, Caller caller, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO batch.job (batch_job_id, caller, caller_json, job_type, status, total_items, options, header, metadata, callback_url,
                                   retry_of, created_at, is_pruned, is_redacted)
            VALUES ($1, $2, $3, $4, 'pending', 0, $5, $6, $7, $8, $9, clock_timestamp(), false, false)
            """,
            connection)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid> { TypedValue = jobId },
                new NpgsqlParameter<string> { TypedValue = caller.Subject },
                new NpgsqlParameter<string> { TypedValue = JobCaller.Write(caller), NpgsqlDbType = NpgsqlDbType.Jsonb },
                new NpgsqlParameter<string> { TypedValue = order.JobType },
                new NpgsqlParameter<string> { TypedValue = OptionsOf(order).GetRawText(), NpgsqlDbType = NpgsqlDbType.Jsonb },
                Nullable(order.Header?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text),
                Nullable(order.Metadata.ValueKind == JsonValueKind.Object ? order.Metadata.GetRawText() : null, NpgsqlDbType.Jsonb),
                Nullable(order.CallbackUrl, NpgsqlDbType.Text),
                Nullable(order.RetryOf, NpgsqlDbType.Uuid),
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    /// <summary>Cuts the items into blocks and parts, and writes both as they come.</summary>
    private sealed class BlockWriter(NpgsqlConnection connection, Guid jobId, CheckedOrder order, JobOptions limits)
    {
        private readonly ArrayBufferWriter<byte> _block = new();
        private readonly List<Error> _errors = [];
        private long _bytes;
        private int _first;
        private int _part;

        public int Total { get; private set; }

        public async Task<IReadOnlyList<Error>> WriteAsync(CancellationToken cancellationToken)
        {
            var max = order.Mode.Atomic ? Math.Min(limits.MaxAtomicItems, limits.MaxItems) : limits.MaxItems;
            await using var json = new Utf8JsonWriter(_block, WireJson.Writing);
            await foreach (var item in order.Order.Open(cancellationToken))
            {
                if (item.Error is { } unreadable)
                    _errors.Add(unreadable with { Index = item.Index, Pointer = unreadable.Pointer ?? JsonPointer.Append(order.Order.Root, item.Index) });
                if (_errors.Count >= MaxErrors)
                    return _errors;
                if (_errors.Count > 0)
                    continue;
                if (Total == max)
                    return [JobOrder.TooMany(max, order.Order.Root)];
                if (IsFull(item.Index))
                    await FlushAsync(cancellationToken);
                Append(json, item);
                Total++;
                if (_bytes > limits.MaxBytes)
                    return [new Error(ErrorCodes.BodyTooLarge, $"The items of a job may have {limits.MaxBytes} bytes.")];
            }
            if (_errors.Count == 0 && Total == 0)
                return [new Error(ErrorCodes.BatchEmpty, "Batch request must contain at least one item", order.Order.Root)];
            await FlushAsync(cancellationToken);
            if (order.Mode.IsWhole)
                await AddPartAsync(0, Total, cancellationToken);
            return _errors;
        }

        /// <summary>Counts what the item has of the body at least; of a record, its fields.</summary>
        private void Append(Utf8JsonWriter json, ItemInput item)
        {
            var before = _block.WrittenCount;
            JobLines.Append(_block, json, item);
            _bytes += item.Fields?.Sum(field => Encoding.UTF8.GetByteCount(field ?? "") + 1L) ?? _block.WrittenCount - before;
        }

        private bool IsFull(int next) =>
            (Total - _first >= limits.PartItems || _block.WrittenCount >= MaxBlockBytes)
            && (order.Mode.IsWhole || order.MayCut is null || order.MayCut(next));

        private async Task FlushAsync(CancellationToken cancellationToken)
        {
            if (Total == _first)
                return;
            await using var command = new NpgsqlCommand(
                "INSERT INTO batch.job_input (batch_job_id, first_index, item_count, items) VALUES ($1, $2, $3, $4)", connection)
            {
                Parameters =
                {
                    new NpgsqlParameter<Guid> { TypedValue = jobId },
                    new NpgsqlParameter<int> { TypedValue = _first },
                    new NpgsqlParameter<int> { TypedValue = Total - _first },
                    new NpgsqlParameter<byte[]> { TypedValue = _block.WrittenSpan.ToArray() },
                },
            };
            await command.ExecuteNonQueryAsync(cancellationToken);
            if (!order.Mode.IsWhole)
                await AddPartAsync(_first, Total - _first, cancellationToken);
            _first = Total;
            _block.ResetWrittenCount();
        }

        private async Task AddPartAsync(int first, int count, CancellationToken cancellationToken)
        {
            await using var command = new NpgsqlCommand(
                """
                INSERT INTO batch.job_part (batch_job_id, part, first_index, item_count, status, fence, lost, chunk_items, processed, success, failed, skipped)
                VALUES ($1, $2, $3, $4, 'pending', 0, 0, $5, 0, 0, 0, 0)
                """,
                connection)
            {
                Parameters =
                {
                    new NpgsqlParameter<Guid> { TypedValue = jobId },
                    new NpgsqlParameter<int> { TypedValue = _part++ },
                    new NpgsqlParameter<int> { TypedValue = first },
                    new NpgsqlParameter<int> { TypedValue = count },
                    new NpgsqlParameter<int> { TypedValue = limits.PartItems },
                },
            };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}

/// <summary>An order that nothing speaks against.</summary>
/// <param name="MayCut">Whether a part may begin at an index; null: anywhere.</param>
internal sealed record CheckedOrder(JobOrder Order, JobType Type, JobMode Mode, Func<int, bool>? MayCut);
