using BatchService.Data;
using Npgsql;

namespace BatchService.DatabaseTests;

/// <summary>What a test class's database starts from: the migrations, then what <paramref name="FillAsync"/> adds, once a run.</summary>
/// <param name="Name">Lower case letters; becomes part of the template database's name.</param>
public sealed record DatabaseTemplate(string Name, Func<NpgsqlDataSource, CancellationToken, Task> FillAsync)
{
    /// <summary>The migrations and nothing else.</summary>
    public static DatabaseTemplate Empty { get; } = new("empty", (_, _) => Task.CompletedTask);

    /// <summary>The Chinook sample: its 11 tables in the schema public, with rows.</summary>
    public static DatabaseTemplate Chinook { get; } = new(
        "chinook", (database, cancellationToken) => SampleDatabase.LoadAsync(database, "chinook", cancellationToken));
}
