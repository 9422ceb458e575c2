using Npgsql;

namespace BatchService.Jobs;

/// <summary>A webhook to be sent when the transaction that says so has committed.</summary>
/// <param name="Url">One that <see cref="WebhookUrl.Check"/> let through.</param>
/// <param name="Event">What happened: <c>job.completed</c>.</param>
/// <param name="Caller">The subject of the caller who asked for it.</param>
/// <param name="Data">The member <c>data</c> of the body: a JSON value in UTF-8.</param>
internal sealed record WebhookMessage(string Url, string Event, string Caller, byte[] Data);

/// <summary>Keeps webhooks in the effect's transaction: rolled back, nothing is sent; committed, it is sent at least once.</summary>
internal static class WebhookOutbox
{
    /// <summary>Where a committed message is announced. A hint only: who misses it finds the row.</summary>
    public const string Channel = "batch_webhook";

    /// <summary>Adds it to the open transaction of <paramref name="connection"/>, and gives its id.</summary>
    public static async Task<string> AddAsync(NpgsqlConnection connection, WebhookMessage message, CancellationToken cancellationToken)
    {
        var id = $"msg_{Guid.CreateVersion7():N}";
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            "INSERT INTO batch.webhook (id, caller, url, host, event, data) VALUES ($1, $2, $3, $4, $5, $6)")
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = id },
                new NpgsqlParameter<string> { TypedValue = message.Caller },
                new NpgsqlParameter<string> { TypedValue = message.Url },
                new NpgsqlParameter<string> { TypedValue = WebhookUrl.HostOf(message.Url) },
                new NpgsqlParameter<string> { TypedValue = message.Event },
                new NpgsqlParameter<byte[]> { TypedValue = message.Data },
            },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"NOTIFY {Channel}"));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return id;
    }
}
