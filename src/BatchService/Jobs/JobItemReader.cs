using System.Runtime.CompilerServices;
using System.Text.Json;
using BatchService.Batching;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.Jobs;

/// <summary>An item of a job, and what became of it.</summary>
/// <param name="Line">The item as it is stored: JSON, or an array of fields where the job has a header.</param>
/// <param name="Result">Null while nothing is decided.</param>
internal sealed record JobItem(int Index, string Status, ReadOnlyMemory<byte> Line, JobResult? Result)
{
    /// <summary>Why it has no effect; of one that nothing was decided about, because the run ended before it.</summary>
    public string? ErrorCode => Result is null && Status == JobItemStatus.Skipped ? ErrorCodes.NotExecuted.Name : Result?.ErrorCode;

    public string? ErrorMessage => Result is null && Status == JobItemStatus.Skipped ? ErrorCodes.NotExecuted.Title : Result?.ErrorMessage;

    /// <summary>Writes it as <c>GET …/items</c> tells it.</summary>
    public void Write(Utf8JsonWriter writer, IReadOnlyList<string>? header)
    {
        writer.WriteStartObject();
        writer.WriteNumber("item_index", Index);
        writer.WriteString("status", Status);
        writer.WritePropertyName("input_data");
        WriteInput(writer, header);
        writer.WritePropertyName("output_data");
        if (Result is { Output.IsEmpty: false })
            writer.WriteRawValue(Result.Output.Span, skipInputValidation: true);
        else
            writer.WriteNullValue();
        writer.WriteString("error_message", ErrorMessage);
        writer.WriteString("error_code", ErrorCode);
        if (Result?.Pointer is { } pointer)
            writer.WriteString("pointer", pointer);
        writer.WriteString("processed_at", Result is null ? null : Rfc3339.Format(Result.ProcessedAt));
        writer.WriteEndObject();
    }

    private void WriteInput(Utf8JsonWriter writer, IReadOnlyList<string>? header)
    {
        if (header is null)
        {
            writer.WriteRawValue(Line.Span, skipInputValidation: true);
            return;
        }
        writer.WriteStartObject();
        var fields = JsonElement.Parse(Line.Span).EnumerateArray().Select(field => field.GetString());
        foreach (var (name, field) in header.Zip(fields).Where(pair => pair.Second != CsvCell.NotGiven))
            writer.WriteString(name, field);
        writer.WriteEndObject();
    }
}

/// <summary>Reads the items of a job by index, a block in memory at a time.</summary>
internal sealed class JobItemReader(NpgsqlDataSource database, JobItems items, JobTypes types, IOptions<JobOptions> options, TimeProvider time)
{
    /// <summary>The items with one of <paramref name="statuses"/>, behind the index <paramref name="after"/>.</summary>
    /// <param name="statuses">Null: all.</param>
    public async IAsyncEnumerable<JobItem> ReadAsync(
        JobStatus job, IReadOnlyList<string>? statuses, int after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var part in await ReadPartsAsync(job.JobId, after, cancellationToken))
        {
            if (statuses is not null && !part.MayHave(statuses))
                continue;
            for (var first = part.FirstIndex; first < part.End;)
            {
                var block = await ReadBlockAsync(job.JobId, first, after, cancellationToken);
                if (block.Items is { } bytes)
                {
                    await foreach (var item in JoinAsync(job, part, first, bytes, cancellationToken))
                    {
                        if (item.Index > after && (statuses is null || statuses.Contains(item.Status, StringComparer.Ordinal)))
                            yield return item;
                    }
                }
                first += block.Count;
            }
        }
    }

    /// <summary>The column names of a job's items; null when they are JSON.</summary>
    public async Task<IReadOnlyList<string>?> ReadHeaderAsync(Guid jobId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT header FROM batch.job WHERE batch_job_id = $1");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = jobId });
        return await command.ExecuteScalarAsync(cancellationToken) as string[];
    }

    private async IAsyncEnumerable<JobItem> JoinAsync(
        JobStatus job, Part part, int first, byte[] block, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var lines = JobLines.Split(block);
        var results = (await items.ReadResultsAsync(job.JobId, part.Number, first, first + lines.Count - 1, cancellationToken))
            .DistinctBy(result => result.Index)
            .ToDictionary(result => result.Index);
        for (var position = 0; position < lines.Count; position++)
        {
            var result = results.GetValueOrDefault(first + position);
            yield return new JobItem(first + position, result?.Status ?? part.StatusOfRest(job), lines[position], Redact(job, result));
        }
    }

    private JobResult? Redact(JobStatus job, JobResult? result)
    {
        if (result is not { Output.IsEmpty: false } || result.ProcessedAt > time.GetUtcNow().AddHours(-options.Value.SecretHours))
            return result;
        return types.Find(job.JobType) is { HasSecrets: true } type
            ? result with { Output = type.Redact(JsonElement.Parse(result.Output.Span)) }
            : result;
    }

    /// <summary>Of a block that ends before <paramref name="after"/> only the size.</summary>
    private async Task<(int Count, byte[]? Items)> ReadBlockAsync(Guid jobId, int first, int after, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            SELECT item_count, CASE WHEN first_index + item_count - 1 > $3 THEN items END
            FROM batch.job_input WHERE batch_job_id = $1 AND first_index = $2
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = jobId });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = first });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = after });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return (int.MaxValue - first, null);
        return (reader.GetInt32(0), await reader.IsDBNullAsync(1, cancellationToken) ? null : reader.GetFieldValue<byte[]>(1));
    }

    private async Task<IReadOnlyList<Part>> ReadPartsAsync(Guid jobId, int after, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            SELECT part, first_index, item_count, status, success, failed, skipped
            FROM batch.job_part
            WHERE batch_job_id = $1 AND first_index + item_count - 1 > $2
            ORDER BY first_index
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = jobId });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = after });
        var parts = new List<Part>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            parts.Add(new Part(
                reader.GetInt32(0), reader.GetInt32(1), reader.GetInt32(2), reader.GetString(3), reader.GetInt32(4), reader.GetInt32(5), reader.GetInt32(6)));
        }
        return parts;
    }

    private sealed record Part(int Number, int FirstIndex, int ItemCount, string State, int Success, int Failed, int Skipped)
    {
        public int End => FirstIndex + ItemCount;

        /// <summary>False when no item of the part can have one of the states.</summary>
        public bool MayHave(IReadOnlyList<string> statuses) =>
            (Success > 0 && statuses.Contains(JobItemStatus.Success, StringComparer.Ordinal))
            || (Failed > 0 && statuses.Contains(JobItemStatus.Failed, StringComparer.Ordinal))
            || (Success + Failed < ItemCount && statuses.Any(status => status is not (JobItemStatus.Success or JobItemStatus.Failed)));

        /// <summary>The state of items that have no result.</summary>
        public string StatusOfRest(JobStatus job) => job.Status switch
        {
            "canceled" => JobItemStatus.Canceled,
            "failed" or "completed" => JobItemStatus.Skipped,
            _ when State == "done" => JobItemStatus.Skipped,
            _ => State == "running" ? JobItemStatus.Processing : JobItemStatus.Pending,
        };
    }
}
