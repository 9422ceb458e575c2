using Npgsql;

namespace BatchService.DatabaseTests.Rows;

/// <summary>
/// The service on the tables of <see cref="RowsSchema"/>, connected as a role that owns nothing, so that row security binds it.
/// <see cref="ServiceFixture.Database"/> still connects as the superuser.
/// </summary>
public class RowsFixture : ServiceFixture, IAsyncLifetime
{
    private readonly string _role = $"batch_test_role_{Guid.NewGuid():N}";

    private string _administrator = "";

    /// <summary>The service's own connection string.</summary>
    internal string ServiceConnection { get; private set; } = "";

    protected override DatabaseTemplate Template { get; } = new("rows", RowsSchema.CreateAsync);

    /// <summary>Empties the tables that tests write to; identities start at 1 again.</summary>
    internal Task ResetAsync() => ExecuteAsync(RowsSchema.Reset);

    internal async Task ExecuteAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first column of the first row.</summary>
    internal async Task<T> ReadAsync<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>How many rows match: <c>item WHERE quantity = 2</c>.</summary>
    internal Task<long> CountAsync(string from) => ReadAsync<long>($"SELECT count(*) FROM {from}");

    /// <summary>The first column of all rows, as text; null becomes "null".</summary>
    internal async Task<IReadOnlyList<string>> ListAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await reader.ReadAsync())
        {
            values.Add(await reader.IsDBNullAsync(0) ? "null" : reader.GetValue(0).ToString()!);
        }

        return values;
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await using var administrator = new NpgsqlConnection(_administrator);
        await administrator.OpenAsync();
        await using var drop = new NpgsqlCommand($"DROP ROLE IF EXISTS {_role}", administrator);
        await drop.ExecuteNonQueryAsync();
    }

    protected override void Configure(IDictionary<string, string?> settings)
    {
        var connection = new NpgsqlConnectionStringBuilder(settings["ConnectionStrings:Batch"]);
        _administrator = new NpgsqlConnectionStringBuilder(connection.ConnectionString) { Database = "postgres", Pooling = false }.ConnectionString;
        connection.Username = _role;
        connection.Password = _role;
        ServiceConnection = connection.ConnectionString;
        settings["ConnectionStrings:Batch"] = ServiceConnection;
    }

    protected override async Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"CREATE ROLE {_role} LOGIN PASSWORD '{_role}' IN ROLE pg_read_all_data, pg_write_all_data");
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
