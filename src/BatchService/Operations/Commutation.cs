using System.Text.Json;
using BatchService.Entities;

namespace BatchService.Operations;

/// <summary>
/// Says whether two operations give the same results in either order, so that one may be moved before the other. True for reads among
/// each other, and for creates in different tables when no trigger looks on and no foreign key between the tables could connect the two
/// rows: its columns hold references to other operations, nulls or nothing.
/// </summary>
internal static class Commutation
{
    public static bool Commute(PlannedOperation one, PlannedOperation other)
    {
        if (IsRead(one) && IsRead(other))
            return true;
        return one.Operation.Action == OperationAction.Create
            && other.Operation.Action == OperationAction.Create
            && one.Entity is { HasTriggers: false, Kind: EntityKind.Table } first
            && other.Entity is { HasTriggers: false, Kind: EntityKind.Table } second
            && first != second
            && !MayRefer(one, first, second)
            && !MayRefer(other, second, first);
    }

    private static bool IsRead(PlannedOperation planned) => planned.Operation.Action is OperationAction.Read or OperationAction.Assert;

    /// <summary>True when a foreign key of <paramref name="from"/> may name a row of <paramref name="to"/> by a value of the request.</summary>
    private static bool MayRefer(PlannedOperation planned, Entity from, Entity to)
    {
        foreach (var relation in from.Relations)
        {
            if (!relation.IsList && relation.Target == to.Name && relation.Columns.Any(column => IsGivenAsLiteral(planned.Operation.StoreParams, column)))
                return true;
        }
        return false;
    }

    private static bool IsGivenAsLiteral(JsonElement store, string column) => store.ValueKind switch
    {
        JsonValueKind.Object => store.TryGetProperty(column, out var value)
            && value.ValueKind != JsonValueKind.Null
            && !(value.ValueKind == JsonValueKind.String && value.GetString()!.StartsWith(ReferenceSyntax.BareMarker, StringComparison.Ordinal)),
        JsonValueKind.Array => store.EnumerateArray().Any(row => IsGivenAsLiteral(row, column)),
        _ => false,
    };
}
