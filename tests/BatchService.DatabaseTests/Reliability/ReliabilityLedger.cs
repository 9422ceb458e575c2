using System.Text.Json;
using Npgsql;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>A table that takes everything any number of times, so that what was written twice or in part can be seen.</summary>
internal static class ReliabilityLedger
{
    public static DatabaseTemplate Template { get; } = new("ledger", async (database, cancellationToken) =>
    {
        await using var command = database.CreateCommand("""
            CREATE TABLE entry (
                entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                batch text NOT NULL,
                position integer NOT NULL CONSTRAINT entry_position_check CHECK (position >= 0),
                note text);
            CREATE INDEX entry_batch_idx ON entry (batch);
            """);
        await command.ExecuteNonQueryAsync(cancellationToken);
    });

    /// <summary>A body of <c>POST /batch</c> that creates entries; a position that is among <paramref name="bad"/> fails its check.</summary>
    public static string Operations(string batch, int count, bool atomic, params int[] bad) => JsonSerializer.Serialize(new
    {
        operations = Enumerable.Range(0, count).Select(position => new
        {
            entity = "entry",
            action = "create",
            store_params = new { batch, position = bad.Contains(position) ? -1 - position : position },
        }),
        options = new { atomic, continueOnError = !atomic, @return = "minimal" },
    });

    /// <summary>The same for <c>POST /entities/entry/batch</c>.</summary>
    public static string Rows(string batch, int count, bool atomic, params int[] bad) => JsonSerializer.Serialize(new
    {
        action = "create",
        items = Enumerable.Range(0, count).Select(position => new { batch, position = bad.Contains(position) ? -1 - position : position }),
        options = new { atomic, continueOnError = !atomic, @return = "minimal" },
    });

    /// <summary>The positions that each batch has in the database, in the order of their numbers, as often as they are there.</summary>
    public static async Task<IReadOnlyDictionary<string, int[]>> ReadAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("SELECT batch, array_agg(position ORDER BY position) FROM entry GROUP BY batch");
        await using var reader = await command.ExecuteReaderAsync();
        var positions = new Dictionary<string, int[]>(StringComparer.Ordinal);
        while (await reader.ReadAsync())
            positions.Add(reader.GetString(0), reader.GetFieldValue<int[]>(1));
        return positions;
    }

    /// <summary>
    /// Fails unless the database holds exactly the expected positions of every batch, each once, and no other batch whose name begins so.
    /// </summary>
    public static async Task AssertHoldsAsync(NpgsqlDataSource database, IReadOnlyDictionary<string, int[]> expected, string prefix = "")
    {
        var stored = await ReadAsync(database);
        var wrong = expected.Keys.Union(stored.Keys.Where(batch => batch.StartsWith(prefix, StringComparison.Ordinal)), StringComparer.Ordinal)
            .Select(batch => (batch, Expected: Text(expected, batch), Stored: Text(stored, batch)))
            .Where(pair => pair.Expected != pair.Stored)
            .Select(pair => $"{pair.batch}: expected [{pair.Expected}], stored [{pair.Stored}]")
            .ToList();
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {expected.Count} batches differ:\n{string.Join('\n', wrong.Take(20))}");
    }

    /// <summary>The positions that an answer to such a body says are stored.</summary>
    public static int[] Acknowledged(ReliabilityAnswer answer, int count, params int[] bad) => (int)answer.Status switch
    {
        200 => [.. Enumerable.Range(0, count)],
        207 => [.. Enumerable.Range(0, count).Except(bad)],
        _ => [],
    };

    private static string Text(IReadOnlyDictionary<string, int[]> positions, string batch) =>
        string.Join(' ', positions.GetValueOrDefault(batch) ?? []);
}
