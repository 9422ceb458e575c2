namespace BatchService.Entities;

/// <summary>
/// The version column of optimistic concurrency, where one is configured: clients name the current value to change a row and never set it;
/// it moves on every write (integer + 1, timestamp now, uuid new).
/// </summary>
internal static class ConcurrencyColumn
{
    /// <summary>The entity's version column, or null.</summary>
    public static Column? Of(Entity entity) => entity.ConcurrencyColumn is { } name ? entity.FindColumn(name) : null;

    /// <summary>SQL for the version of a new row.</summary>
    public static string Initial(Column column) => column.Type.Family switch
    {
        TypeFamily.Int16 or TypeFamily.Int32 or TypeFamily.Int64 or TypeFamily.Numeric => "1",
        _ => Fresh(column),
    };

    /// <summary>SQL for the version after the one in the row.</summary>
    public static string Next(Column column) => column.Type.Family switch
    {
        TypeFamily.Int16 or TypeFamily.Int32 or TypeFamily.Int64 or TypeFamily.Numeric => $"coalesce({RowJson.Alias}.{column.Sql}, 0) + 1",
        // Not before the next tick of a column that keeps fewer digits than the clock has.
        TypeFamily.Timestamp or TypeFamily.TimestampTz => $"greatest({Fresh(column)}, {RowJson.Alias}.{column.Sql} + make_interval(secs => {Tick(column)}))",
        _ => Fresh(column),
    };

    private static string Tick(Column column) => $"1e-{column.Type.Scale ?? 6}";

    private static string Fresh(Column column) => column.Type.Family switch
    {
        TypeFamily.Uuid => "gen_random_uuid()",
        TypeFamily.Timestamp or TypeFamily.TimestampTz => $"clock_timestamp()::{column.Type.CastSql}",
        _ => $"gen_random_uuid()::text::{column.Type.CastSql}",
    };
}
