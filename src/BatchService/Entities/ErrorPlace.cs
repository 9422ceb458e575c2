using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>Turns the column or constraint that the database named into the place in the request that is to blame.</summary>
internal static class ErrorPlace
{
    /// <summary>The error with a pointer to the culprit's column below <paramref name="place"/>, or to the place itself.</summary>
    public static Error Locate(Error error, Entity entity, string place)
    {
        if (error.Pointer is not null)
            return error;
        var columns = error.Columns;
        if (columns.Count == 0 && error.Constraint is { } name && entity.Constraints.TryGetValue(name, out var covered))
            columns = covered;
        return error with { Columns = columns, Pointer = columns.Count == 1 ? JsonPointer.Append(place, columns[0]) : place };
    }
}
