using Npgsql;
using NpgsqlTypes;

namespace BatchService.Batching;

/// <summary>How far a division came.</summary>
/// <param name="Outcomes">Of the positions from the start up to <paramref name="Next"/>.</param>
/// <param name="Next">The first position that is not decided yet.</param>
/// <param name="Subtransactions">How many live subtransactions it left in the open transaction.</param>
internal sealed record DivisionResult(IReadOnlyList<ItemOutcome> Outcomes, int Next, int Subtransactions);

/// <summary>
/// Finds the bad items of a failing set inside the server, in one round trip: <c>batch.write_divided</c> (see the migration) writes
/// pieces, item by item what fails, and stops when it has used up its subtransactions.
/// </summary>
internal static class DividedWrite
{
    /// <summary>Above 64 live subtransactions PostgreSQL slows down every session of the server.</summary>
    public const int MaxSubtransactions = 48;

    private const string Sql = """
        SELECT position, failed, row_json, result, sqlstate, message, constraint_name, column_name
        FROM batch.write_divided($1, $2, $3, $4)
        """;

    /// <summary>Decides items of <paramref name="set"/> from position <paramref name="first"/> on.</summary>
    public static async Task<DivisionResult> RunAsync(
        BatchTransaction open, WriteSet set, int first, int budget, bool stopAtFirstFailure, CancellationToken cancellationToken)
    {
        await open.BeginAsync(set, cancellationToken);
        var divided = set.ToDivided();
        // What is decided already is not sent again: positions count from the first item that is.
        var items = first == 0 ? divided.Items : divided.Items[first..];
        await using var command = new NpgsqlCommand(Sql, open.Connection, open.Transaction)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = divided.Sql, NpgsqlDbType = NpgsqlDbType.Text },
                new NpgsqlParameter<string[]> { TypedValue = items, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                new NpgsqlParameter<int> { TypedValue = budget },
                new NpgsqlParameter<bool> { TypedValue = stopAtFirstFailure },
            },
        };
        var outcomes = new List<ItemOutcome>(set.Count - first);
        var pieces = 0;
        open.Running = set;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (reader.GetInt32(0) is < 0 and var negative)
            {
                pieces = -negative;
                continue;
            }
            var position = first + reader.GetInt32(0);
            outcomes.Add(reader.GetBoolean(1)
                ? ItemOutcome.Failed(set.IndexOf(position), set.Blame(position, ReadError(reader)))
                : set.ReadDivided(position, reader.IsDBNull(2) ? null : reader.GetFieldValue<byte[]>(2), Text(reader, 3)));
        }
        open.Running = null;
        return new DivisionResult(outcomes, first + outcomes.Count, pieces);
    }

    /// <summary>Looks for the first bad item of a set; leaves effects behind that must be rolled back. Null when, one by one, none is bad.</summary>
    public static async Task<ItemOutcome?> FindFirstFailureAsync(BatchTransaction open, WriteSet set, CancellationToken cancellationToken)
    {
        var division = await RunAsync(open, set, 0, MaxSubtransactions, stopAtFirstFailure: true, cancellationToken);
        return division.Outcomes.FirstOrDefault(outcome => outcome.Status == ItemStatus.Failed);
    }

    private static Error ReadError(NpgsqlDataReader reader)
    {
        var failure = new SqlFailure(Text(reader, 4) ?? "", Text(reader, 5) ?? "", Text(reader, 6), Text(reader, 7), null);
        return SqlStates.ToError(failure)
            ?? throw new InvalidOperationException($"The division met an unforeseen SQLSTATE {failure.SqlState}.");
    }

    private static string? Text(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) || reader.GetString(column) is { Length: 0 } ? null : reader.GetString(column);
}
