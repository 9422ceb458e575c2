using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Frames;

/// <summary>A rebuild that this process has begun.</summary>
/// <param name="Request">All requests up to this number are met when it is stored.</param>
/// <param name="Fence">It can be stored as long as no other one was begun after it.</param>
/// <param name="ClaimedAt">Before the frames are read, by the database's clock.</param>
internal sealed record AtlasClaim(long Request, long Fence, DateTimeOffset ClaimedAt);

/// <summary>How far rebuilding is.</summary>
/// <param name="DueIn">When the next rebuild may begin; negative when it could have begun.</param>
internal sealed record AtlasState(long Requested, long Built, long Version, TimeSpan DueIn)
{
    /// <summary>A rebuild could begin, unless one runs.</summary>
    public bool IsDue => Requested > Built && DueIn <= TimeSpan.Zero;
}

/// <summary>
/// Requests for a rebuild, in the row that all processes share. Requests are counted, a rebuild meets all that came before it, and of all
/// processes one is at it, under a lease with a fence; all by the database's clock.
/// </summary>
/// <remarks>Single statements, each safe to repeat: at worst one rebuild more is made.</remarks>
internal sealed class AtlasQueue(NpgsqlDataSource dataSource, IOptions<AtlasOptions> options)
{
    private const int LongestWait = 5;

    private TimeSpan Debounce => TimeSpan.FromMilliseconds(options.Value.DebounceMilliseconds);

    private TimeSpan Lease => TimeSpan.FromSeconds(options.Value.LeaseSeconds);

    /// <summary>Asks for a rebuild and gives the request's number; on the caller's connection, in its transaction if it has one.</summary>
    public async Task<long> RequestAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO batch.atlas AS atlas (id, requested, claimed, built, first_at, due_at, fence, version, frame_count, edge_count)
            VALUES (1, 1, 0, 0, clock_timestamp(), clock_timestamp() + @debounce, 0, 0, 0, 0)
            ON CONFLICT (id) DO UPDATE
            SET requested = atlas.requested + 1,
                first_at = CASE WHEN atlas.requested > atlas.claimed THEN atlas.first_at ELSE clock_timestamp() END,
                due_at = CASE
                    WHEN atlas.requested > atlas.claimed THEN LEAST(clock_timestamp() + @debounce, atlas.first_at + @longest)
                    ELSE clock_timestamp() + @debounce
                END
            RETURNING requested
            """,
            connection);
        command.Parameters.AddWithValue("debounce", NpgsqlDbType.Interval, Debounce);
        command.Parameters.AddWithValue("longest", NpgsqlDbType.Interval, LongestWait * Debounce);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public async Task<AtlasState> ReadStateAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "SELECT requested, built, version, due_at - clock_timestamp() FROM batch.atlas WHERE id = 1");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new AtlasState(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetFieldValue<TimeSpan>(3))
            : new AtlasState(0, 0, 0, TimeSpan.Zero);
    }

    /// <summary>Begins the rebuild that is due; null when none is, or when another process is at it.</summary>
    public async Task<AtlasClaim?> ClaimAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            UPDATE batch.atlas
            SET claimed = requested,
                fence = fence + 1,
                lease_until = clock_timestamp() + @lease
            WHERE id = 1
              AND requested > built
              AND due_at <= clock_timestamp()
              AND (lease_until IS NULL OR lease_until <= clock_timestamp())
            RETURNING claimed, fence, clock_timestamp()
            """);
        command.Parameters.AddWithValue("lease", NpgsqlDbType.Interval, Lease);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new AtlasClaim(reader.GetInt64(0), reader.GetInt64(1), reader.GetFieldValue<DateTimeOffset>(2))
            : null;
    }

    /// <summary>A sign of life; false when another rebuild was begun meanwhile.</summary>
    public async Task<bool> ExtendAsync(AtlasClaim claim, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "UPDATE batch.atlas SET lease_until = clock_timestamp() + @lease WHERE id = 1 AND fence = @fence AND lease_until IS NOT NULL");
        command.Parameters.AddWithValue("lease", NpgsqlDbType.Interval, Lease);
        command.Parameters.AddWithValue("fence", claim.Fence);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Gives a rebuild up that came to nothing, so that it can be begun again after a while.</summary>
    public async Task ReleaseAsync(AtlasClaim claim, TimeSpan pause, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            UPDATE batch.atlas
            SET lease_until = NULL,
                due_at = GREATEST(due_at, clock_timestamp() + @pause)
            WHERE id = 1 AND fence = @fence AND lease_until IS NOT NULL
            """);
        command.Parameters.AddWithValue("pause", NpgsqlDbType.Interval, pause);
        command.Parameters.AddWithValue("fence", claim.Fence);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
