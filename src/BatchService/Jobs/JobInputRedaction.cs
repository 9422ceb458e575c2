using System.Buffers;
using System.Text.Json;
using Npgsql;

namespace BatchService.Jobs;

/// <summary>Takes secrets out of the items of a finished job, block by block: what clients sent to show who they are.</summary>
internal static class JobInputRedaction
{
    /// <summary>Rewrites the items inside the connection's transaction.</summary>
    public static async Task RunAsync(NpgsqlConnection connection, Guid jobId, JobType type, CancellationToken cancellationToken)
    {
        var (header, blocks) = await FindAsync(connection, jobId, cancellationToken);
        foreach (var first in blocks)
        {
            await using var read = new NpgsqlCommand("SELECT items FROM batch.job_input WHERE batch_job_id = $1 AND first_index = $2", connection)
            {
                Parameters = { new NpgsqlParameter<Guid> { TypedValue = jobId }, new NpgsqlParameter<int> { TypedValue = first } },
            };
            if (await read.ExecuteScalarAsync(cancellationToken) is not byte[] block)
                continue;
            await using var write = new NpgsqlCommand("UPDATE batch.job_input SET items = $3 WHERE batch_job_id = $1 AND first_index = $2", connection)
            {
                Parameters =
                {
                    new NpgsqlParameter<Guid> { TypedValue = jobId },
                    new NpgsqlParameter<int> { TypedValue = first },
                    new NpgsqlParameter<byte[]> { TypedValue = Redact(block, header, type) },
                },
            };
            await write.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>The same items in the same lines, without what the job's type calls a secret.</summary>
    public static byte[] Redact(ReadOnlyMemory<byte> block, IReadOnlyList<string>? header, JobType type)
    {
        var redacted = new ArrayBufferWriter<byte>(block.Length);
        foreach (var line in JobLines.Split(block))
        {
            redacted.Write(type.RedactInput(JsonElement.Parse(line.Span), header));
            redacted.Write("\n"u8);
        }
        return redacted.WrittenSpan.ToArray();
    }

    private static async Task<(string[]? Header, List<int> Blocks)> FindAsync(NpgsqlConnection connection, Guid jobId, CancellationToken cancellationToken)
    {
        await using var find = new NpgsqlCommand(
            "SELECT i.first_index, j.header FROM batch.job AS j JOIN batch.job_input AS i ON i.batch_job_id = j.batch_job_id WHERE j.batch_job_id = $1",
            connection)
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = jobId } },
        };
        string[]? header = null;
        var blocks = new List<int>();
        await using var reader = await find.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            blocks.Add(reader.GetInt32(0));
            header = await reader.IsDBNullAsync(1, cancellationToken) ? null : reader.GetFieldValue<string[]>(1);
        }
        return (header, blocks);
    }
}
