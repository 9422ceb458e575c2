using System.Text.Json;
using BatchService.Entities;

namespace BatchService.Operations;

/// <summary>
/// Says whether two operations give the same results in either order, so that one may be moved before the other. True for reads among
/// each other, and for creates in different tables when no trigger looks on and no foreign key between the tables could connect the two
/// rows: its columns hold nothing, nulls, or the key of a row that was there before either of them.
/// </summary>
internal static class Commutation
{
    public static bool Commute(PlannedOperation one, PlannedOperation other, CheckedBatch batch)
    {
        if (IsRead(one) && IsRead(other))
            return true;
        return one.Operation.Action == EntityAction.Create
            && other.Operation.Action == EntityAction.Create
            && one.Entity is { HasTriggers: false, Kind: EntityKind.Table } first
            && other.Entity is { HasTriggers: false, Kind: EntityKind.Table } second
            && first.Sql != second.Sql
            && !MayRefer(one, first, second, batch)
            && !MayRefer(other, second, first, batch);
    }

    private static bool IsRead(PlannedOperation planned) => planned.Operation.Action is EntityAction.Read or EntityAction.Assert;

    /// <summary>True when a foreign key of <paramref name="from"/> may name a row of <paramref name="to"/> that the batch has still to create.</summary>
    public static bool MayRefer(PlannedOperation planned, Entity from, Entity to, CheckedBatch batch)
    {
        foreach (var relation in from.Relations)
        {
            if (relation.IsList || relation.Target != to.Name)
                continue;
            for (var position = 0; position < relation.Columns.Count; position++)
            {
                if (IsOpen(planned.Operation.StoreParams, relation.Columns[position], to, relation.TargetColumns[position], batch))
                    return true;
            }
        }
        return false;
    }

    private static bool IsOpen(JsonElement store, string column, Entity to, string key, CheckedBatch batch) => store.ValueKind switch
    {
        JsonValueKind.Object => store.TryGetProperty(column, out var value)
            && value.ValueKind != JsonValueKind.Null
            && !(value.ValueKind == JsonValueKind.String && IsKeyOfExisting(value.GetString()!, to, key, batch)),
        JsonValueKind.Array => store.EnumerateArray().Any(row => IsOpen(row, column, to, key, batch)),
        _ => false,
    };

    /// <summary>The text is one reference to the key column of a row that an operation on <paramref name="to"/> returned and did not delete.</summary>
    private static bool IsKeyOfExisting(string text, Entity to, string key, CheckedBatch batch) =>
        ReferenceTemplate.TryParse(text, out var template, out _)
        && template.Whole is { Segments.Count: <= 2 } reference
        && reference.Path.EndsWith($".{key}", StringComparison.Ordinal)
        && batch[reference.Operation] is { Operation.Action: not EntityAction.Delete } source
        && source.Entity?.Sql == to.Sql;
}
