using Npgsql;

namespace BatchService.DatabaseTests.Attestations;

/// <summary>The service on an empty store of attestations, and a look at that store past the service.</summary>
public class AttestationsFixture : ServiceFixture
{
    /// <summary>An ASID that ends with a number, so that tests can choose ids.</summary>
    internal static string IdOf(int number) => $"AS00USER100LIKESSL00WORKA0000{number:000}";

    /// <summary>Another that holds a larger number.</summary>
    internal static string LargeIdOf(int number) => $"AS00USER100{number:0000000}00WORKA0000BOB";

    internal Task ClearAsync() => ExecuteAsync("TRUNCATE batch.attestation; DELETE FROM batch.idempotency_key");

    internal async Task ExecuteAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>How many attestations match a condition.</summary>
    internal async Task<long> CountAsync(string condition = "true")
    {
        await using var command = Database.CreateCommand($"SELECT count(*) FROM batch.attestation WHERE {condition}");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The ids that are stored, sorted.</summary>
    internal async Task<IReadOnlyList<string>> IdsAsync()
    {
        await using var command = Database.CreateCommand("SELECT id FROM batch.attestation ORDER BY id COLLATE \"C\"");
        await using var reader = await command.ExecuteReaderAsync();
        var ids = new List<string>();
        while (await reader.ReadAsync())
            ids.Add(reader.GetString(0));
        return ids;
    }

    /// <summary>Stores attestations past the service.</summary>
    internal Task InsertAsync(string id, string creator = "dev", string timestamp = "2026-01-01T00:00:00Z") => ExecuteAsync(InsertSql(id, creator, timestamp));

    /// <summary>Holds an id in a transaction that is open until this is disposed of: whoever wants to store the same one waits.</summary>
    internal async Task<NpgsqlConnection> HoldAsync(string id)
    {
        var connection = await Database.OpenConnectionAsync();
        await using var command = new NpgsqlCommand($"BEGIN; {InsertSql(id, "holder", "2026-01-01T00:00:00Z")}", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>The backends that wait for a lock, which here means for <see cref="HoldAsync"/>.</summary>
    internal async Task<IReadOnlyList<int>> WaitingAsync()
    {
        await using var command = Database.CreateCommand(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
        await using var reader = await command.ExecuteReaderAsync();
        var backends = new List<int>();
        while (await reader.ReadAsync())
            backends.Add(reader.GetInt32(0));
        return backends;
    }

    private static string InsertSql(string id, string creator, string timestamp) =>
        $"""
        INSERT INTO batch.attestation (id, subjects, predicates, contexts, actors, timestamp, source, created_at, created_by)
        VALUES ('{id}', '{"{stored}"}', '{"{_}"}', '{"{_}"}', '{"{someone}"}', '{timestamp}', 'test', now(), '{creator}')
        """;
}
