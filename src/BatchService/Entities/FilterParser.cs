using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>
/// Reads <c>query_params</c>: <c>{"column": value}</c> is equality (null: IS NULL; an array: one of), <c>"op::value"</c> another
/// comparison, <c>"relation.column"</c> a condition on related rows. Every value is checked against its column's type here. What comes
/// before <c>::</c> and looks like an operator must be one.
/// </summary>
internal static class FilterParser
{
    private static readonly string s_unknownOperator =
        $"The filter has an unknown operator; known are {string.Join(", ", FilterOperators.ByName.Keys)}. Write eq:: before a value that has '::' in it.";

    /// <summary>
    /// Reads the conditions; what is wrong is added to <paramref name="errors"/>. Those of values that are not known yet are left out.
    /// </summary>
    public static IReadOnlyList<FilterCondition> Parse(
        IReadOnlyList<FilterField> query, Entity entity, CatalogView catalog, string pointer, List<Error> errors)
    {
        var conditions = new List<FilterCondition>();
        foreach (var field in query)
        {
            var place = JsonPointer.Append(pointer, field.Name);
            if (FindColumn(field.Name, entity, catalog, place, errors) is not { } found || field.Input is not { } input)
                continue;
            var (relation, target, column) = found;
            if (Read(input, column, place, errors) is { } comparison)
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

    private static (FilterOperator Operator, IReadOnlyList<string> Values)? Read(
        FilterInput input, Column column, string place, List<Error> errors) => input switch
        {
            { Text: { } text } => ReadText(text, column, place, errors),
            { Value.ValueKind: JsonValueKind.Null } => (FilterOperator.IsNull, []),
            { Value.ValueKind: JsonValueKind.Array } when column.Type.Family is not (TypeFamily.Array or TypeFamily.Json) =>
                ReadList(FilterOperator.In, [.. input.Value.EnumerateArray()], column, place, errors),
            _ => ReadPlain(input.Value, column, place, errors) is { } text ? (FilterOperator.Eq, [text]) : null,
        };

    /// <summary>A string of any type but JSON is read as a text, so that "20" is a number to a column of numbers.</summary>
    private static string? ReadPlain(JsonElement value, Column column, string place, List<Error> errors) =>
        value.ValueKind == JsonValueKind.String && column.Type.Family != TypeFamily.Json
            ? FilterValue.TryRead(value.GetString()!, column, place, errors)
            : FilterValue.TryRead(value, column, place, errors);

    private static (FilterOperator, IReadOnlyList<string>)? ReadText(FilterText text, Column column, string place, List<Error> errors)
    {
        var (name, operand) = text.SplitOperator();
        if (FilterOperators.ByName.TryGetValue(name, out var comparison))
            return ReadOperand(comparison, operand, column, place, errors);
        if (name.Length > 0 && name.All(character => char.IsAsciiLetter(character) || character is '-' or '_'))
            return Invalid(s_unknownOperator, place, errors);
        return FilterValue.TryRead(text.Plain, column, place, errors) is { } plain ? (FilterOperator.Eq, [plain]) : null;
    }

    private static (FilterOperator, IReadOnlyList<string>)? ReadOperand(
        FilterOperator comparison, FilterText operand, Column column, string place, List<Error> errors)
    {
        switch (comparison)
        {
            case FilterOperator.IsNull or FilterOperator.NotNull:
                if (operand.Plain is "" or "true")
                    return (comparison, []);
                if (operand.Plain == "false")
                    return (comparison == FilterOperator.IsNull ? FilterOperator.NotNull : FilterOperator.IsNull, []);
                return Invalid("A null test takes no value, or true or false.", place, errors);
            case FilterOperator.Like or FilterOperator.NotLike or FilterOperator.ILike:
                return (comparison, [operand.Pattern]);
            case FilterOperator.In or FilterOperator.NotIn or FilterOperator.Between or FilterOperator.NotBetween:
                return FilterList.Parse(operand) is { } list
                    ? ReadList(comparison, list, column, place, errors)
                    : Invalid("The list of the filter is not a JSON array.", place, errors);
            default:
                return FilterValue.TryRead(operand.Plain, column, place, errors) is { } text ? (comparison, [text]) : null;
        }
    }

    private static (FilterOperator, IReadOnlyList<string>)? ReadList(
        FilterOperator comparison, IReadOnlyList<JsonElement> list, Column column, string place, List<Error> errors)
    {
        var values = new List<string>();
        foreach (var element in list)
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
