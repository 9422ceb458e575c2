using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>
/// Reads <c>query_params</c>: <c>{"column": value}</c> is equality (null: IS NULL; an array: one of), <c>"op::value"</c> another
/// comparison, <c>"relation.column"</c> a condition on related rows. Every value is checked against its column's type here.
/// </summary>
internal static class FilterParser
{
    /// <summary>Reads the conditions; what is wrong is added to <paramref name="errors"/>.</summary>
    /// <param name="query">An object.</param>
    /// <param name="isDeferred">True for values that are not known yet (references): their conditions are left out.</param>
    public static IReadOnlyList<FilterCondition> Parse(
        JsonElement query, Entity entity, CatalogView catalog, string pointer, Func<JsonElement, bool> isDeferred, List<Error> errors)
    {
        var conditions = new List<FilterCondition>();
        foreach (var property in query.EnumerateObject())
        {
            var place = JsonPointer.Append(pointer, property.Name);
            if (FindColumn(property.Name, entity, catalog, place, errors) is not { } found || isDeferred(property.Value))
                continue;
            var (relation, target, column) = found;
            if (ReadValue(property.Value, column, place, errors) is { } comparison)
                conditions.Add(new FilterCondition(relation, target, column, comparison.Operator, comparison.Values));
        }
        return conditions;
    }

    /// <summary>Finds <c>column</c> or <c>relation.column</c>.</summary>
    public static (Relation? Relation, Entity? Target, Column Column)? FindColumn(
        string name, Entity entity, CatalogView catalog, string place, List<Error> errors)
    {
        if (entity.FindReadable(name) is { } own)
            return (null, null, own);
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        if (dot > 0
            && catalog.FindRelation(entity, name[..dot]) is { } found
            && found.Target.FindReadable(name[(dot + 1)..]) is { } related)
        {
            return (found.Relation, found.Target, related);
        }
        errors.Add(new Error(ErrorCodes.ColumnUnknown, $"Entity '{entity.Name}' has no such column", place));
        return null;
    }

    private static (FilterOperator Operator, IReadOnlyList<string> Values)? ReadValue(
        JsonElement value, Column column, string place, List<Error> errors)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                return (FilterOperator.IsNull, []);
            case JsonValueKind.String:
                return ReadText(value.GetString()!, column, place, errors);
            case JsonValueKind.Array when column.Type.Family is not (TypeFamily.Array or TypeFamily.Json):
                return ReadList(FilterOperator.In, value, column, place, errors);
            default:
                return FilterValue.TryRead(value, column, place, errors) is { } text ? (FilterOperator.Eq, [text]) : null;
        }
    }

    private static (FilterOperator, IReadOnlyList<string>)? ReadText(string text, Column column, string place, List<Error> errors)
    {
        var separator = text.IndexOf("::", StringComparison.Ordinal);
        var name = separator > 0 ? text[..separator] : "";
        if (!FilterOperators.ByName.TryGetValue(name, out var comparison))
        {
            if (name.Length > 0 && name.All(character => character is >= 'a' and <= 'z' or '-'))
            {
                errors.Add(new Error(ErrorCodes.FilterInvalid, "The filter has an unknown operator; write eq:: before a value that has '::' in it.", place));
                return null;
            }
            return FilterValue.TryRead(text, column, place, errors) is { } plain ? (FilterOperator.Eq, [plain]) : null;
        }
        return ReadOperand(comparison, text[(separator + 2)..], column, place, errors);
    }

    private static (FilterOperator, IReadOnlyList<string>)? ReadOperand(
        FilterOperator comparison, string operand, Column column, string place, List<Error> errors)
    {
        switch (comparison)
        {
            case FilterOperator.IsNull or FilterOperator.NotNull:
                if (operand is "" or "true")
                    return (comparison, []);
                if (operand == "false")
                    return (comparison == FilterOperator.IsNull ? FilterOperator.NotNull : FilterOperator.IsNull, []);
                errors.Add(new Error(ErrorCodes.FilterInvalid, "A null test takes no value, or true or false.", place));
                return null;
            case FilterOperator.Like or FilterOperator.NotLike or FilterOperator.ILike:
                return (comparison, [operand]);
            case FilterOperator.In or FilterOperator.NotIn or FilterOperator.Between or FilterOperator.NotBetween:
                return FilterList.Parse(operand) is { } list
                    ? ReadList(comparison, list, column, place, errors)
                    : Invalid("The list of the filter is not a JSON array.", place, errors);
            default:
                return FilterValue.TryRead(operand, column, place, errors) is { } text ? (comparison, [text]) : null;
        }
    }

    private static (FilterOperator, IReadOnlyList<string>)? ReadList(
        FilterOperator comparison, JsonElement list, Column column, string place, List<Error> errors)
    {
        var values = new List<string>();
        foreach (var element in list.EnumerateArray())
        {
            var text = element.ValueKind == JsonValueKind.String
                ? FilterValue.TryRead(element.GetString()!, column, place, errors)
                : FilterValue.TryRead(element, column, place, errors);
            if (text is null)
                return null;
            values.Add(text);
        }
        if (comparison is FilterOperator.Between or FilterOperator.NotBetween && values.Count != 2)
            return Invalid("between takes two values.", place, errors);
        return (comparison, values);
    }

    private static (FilterOperator, IReadOnlyList<string>)? Invalid(string detail, string place, List<Error> errors)
    {
        errors.Add(new Error(ErrorCodes.FilterInvalid, detail, place));
        return null;
    }
}
