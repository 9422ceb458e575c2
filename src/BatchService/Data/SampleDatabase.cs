using Npgsql;

namespace BatchService.Data;

/// <summary>Fills a database with one of the samples that come with the service: all of it in one transaction, and only once.</summary>
internal static class SampleDatabase
{
    /// <summary>The setting, and the command line option <c>--sample</c>, that names the sample; absent or empty = none.</summary>
    public const string Setting = "Sample";

    /// <summary>The samples' tables in loading order, each after those that it references; its rows are in <c>table.csv</c>.</summary>
    private static readonly Dictionary<string, string[]> _samples = new(StringComparer.OrdinalIgnoreCase)
    {
        ["chinook"] =
        [
            "artist", "album", "genre", "media_type", "track", "playlist", "playlist_track",
            "employee", "customer", "invoice", "invoice_line",
        ],
    };

    /// <summary>Creates the sample's tables and rows in the schema <c>public</c>; does nothing when its tables are there.</summary>
    /// <exception cref="StartupException">No such sample, its files are missing, or other tables are in the way.</exception>
    public static async Task LoadAsync(NpgsqlDataSource dataSource, string name, CancellationToken cancellationToken)
    {
        if (!_samples.TryGetValue(name, out var tables))
        {
            throw new StartupException(
                $"The setting {Setting} names no sample database. Known: {string.Join(", ", _samples.Keys)}.");
        }

        var directory = Path.Combine(AppContext.BaseDirectory, "samples", name.ToLowerInvariant());
        if (!Directory.Exists(directory))
        {
            throw new StartupException($"The files of the sample database are missing: {directory}.");
        }

        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await IsLoadedAsync(connection, tables, cancellationToken))
        {
            return;
        }

        var schema = await File.ReadAllTextAsync(Path.Combine(directory, "schema.sql"), cancellationToken);
        await ExecuteAsync(connection, schema, cancellationToken);
        foreach (var table in tables)
        {
            await CopyAsync(connection, table, Path.Combine(directory, $"{table}.csv"), cancellationToken);
        }

        await MoveSequencesAsync(connection, tables, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Keeps other starts out until the transaction ends, then looks which tables exist: all, or none, or an error.</summary>
    private static async Task<bool> IsLoadedAsync(NpgsqlConnection connection, string[] tables, CancellationToken cancellationToken)
    {
        // A statement of its own: the next one must see what the start that held the lock has committed.
        await ExecuteAsync(connection, "SELECT pg_advisory_xact_lock(hashtext('batch.sample'))", cancellationToken);
        await ExecuteAsync(connection, "SET LOCAL search_path TO public", cancellationToken);
        const string sql = """
            SELECT name
            FROM unnest($1::text[]) AS name
            WHERE to_regclass('public.' || quote_ident(name)) IS NOT NULL
            """;
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = tables } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var existing = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            existing.Add(reader.GetString(0));
        }

        if (existing.Count == 0 || existing.Count == tables.Length)
        {
            return existing.Count > 0;
        }

        throw new StartupException(
            "The sample database cannot be loaded: schema public has some tables of these names already "
            + $"({string.Join(", ", existing)}). Use an empty database.");
    }

    private static async Task CopyAsync(NpgsqlConnection connection, string table, string path, CancellationToken cancellationToken)
    {
        using var rows = new StreamReader(path);
        var columns = await rows.ReadLineAsync(cancellationToken);

        // The columns are named because the tables have more than the files; the names are those of our own files.
        var sql = $"COPY {table} ({columns}) FROM STDIN (FORMAT csv)";
        await using var writer = await connection.BeginTextImportAsync(sql, cancellationToken);
        var buffer = new char[16 * 1024];
        int count;
        while ((count = await rows.ReadAsync(buffer, cancellationToken)) > 0)
        {
            await writer.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }

    /// <summary>Identity sequences know nothing of rows that brought their own keys: the next key is one past the greatest.</summary>
    private static async Task MoveSequencesAsync(NpgsqlConnection connection, string[] tables, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT format(
                'SELECT setval(%L, (SELECT max(%I) FROM %I))',
                pg_get_serial_sequence(table_name, column_name),
                column_name,
                table_name)
            FROM information_schema.columns
            WHERE table_schema = 'public' AND is_identity = 'YES' AND table_name = ANY ($1)
            """;
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = tables } } };
        var moves = new List<string>();
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                moves.Add(reader.GetString(0));
            }
        }

        await ExecuteAsync(connection, string.Join(";\n", moves), cancellationToken);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
