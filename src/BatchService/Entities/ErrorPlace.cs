using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>Turns the column or constraint that the database named into the place in the request that is to blame.</summary>
internal static class ErrorPlace
{
    /// <summary>The error without names of columns, and texts of triggers, that could tell what the caller may not see.</summary>
    public static Error Redact(Error error, Entity entity)
    {
        if (!entity.HidesColumns)
            return error;
        if (error.Code == ErrorCodes.ValidationFailed)
            return error with { Detail = "The database refused the values.", Constraint = null, Columns = [] };
        if (error.Columns.Any(name => entity.FindReadable(name) is null))
            error = error with { Detail = "A column that the caller may not see refused the row.", Columns = [] };
        var isNamed = error.Constraint is null
            || (entity.Constraints.TryGetValue(error.Constraint, out var covered) && covered.All(name => entity.FindReadable(name) is not null));
        return isNamed
            ? error
            : error with { Detail = error.Detail.Replace($" (constraint '{error.Constraint}')", "", StringComparison.Ordinal), Constraint = null };
    }

    /// <summary>The error with a pointer to the culprit's column below <paramref name="place"/>, or to the place itself.</summary>
    public static Error Locate(Error error, Entity entity, string place)
    {
        if (error.Pointer is not null)
            return error;
        error = Redact(error, entity);
        var columns = error.Columns;
        if (columns.Count == 0 && error.Constraint is { } name && entity.Constraints.TryGetValue(name, out var covered))
            columns = covered;
        return error with { Columns = columns, Pointer = columns.Count == 1 ? JsonPointer.Append(place, columns[0]) : place };
    }
}
