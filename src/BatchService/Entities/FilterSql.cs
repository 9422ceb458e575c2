namespace BatchService.Entities;

/// <summary>Writes filters as SQL conditions over the alias <see cref="RowJson.Alias"/>.</summary>
internal static class FilterSql
{
    private const string RelatedAlias = "\"$f\"";

    /// <summary>The conditions joined by AND; <c>true</c> when there are none.</summary>
    public static string Write(IReadOnlyList<FilterCondition> conditions, SqlText sql) =>
        conditions.Count == 0 ? "true" : string.Join(" AND ", conditions.Select(condition => Write(condition, sql)));

    private static string Write(FilterCondition condition, SqlText sql)
    {
        if (condition.Relation is null)
            return Compare(condition, $"{RowJson.Alias}.{condition.Column.Sql}", sql);
        var join = RowJson.Join(condition.Relation, condition.Target!, RowJson.Alias, RelatedAlias);
        var compare = Compare(condition, $"{RelatedAlias}.{condition.Column.Sql}", sql);
        return $"EXISTS (SELECT 1 FROM {condition.Target!.From} AS {RelatedAlias} WHERE {join} AND {compare})";
    }

    private static string Compare(FilterCondition condition, string column, SqlText sql)
    {
        var type = condition.Column.Type;
        var values = condition.Values;
        // json has no equality; jsonb has.
        var isJson = type.Family == TypeFamily.Json;
        var left = isJson ? $"{column}::jsonb" : column;
        var cast = isJson ? "pg_catalog.jsonb" : type.ComparisonSql;
        string One(int position) => $"({sql.Parameter(values[position])})::{cast}";
        string Many() => $"({sql.Parameter([.. values])})::{cast}[]";
        string Pattern() => sql.Parameter(values[0]);
        return condition.Operator switch
        {
            FilterOperator.Eq => $"{left} = {One(0)}",
            FilterOperator.Ne => $"{left} <> {One(0)}",
            FilterOperator.Lt => $"{left} < {One(0)}",
            FilterOperator.Le => $"{left} <= {One(0)}",
            FilterOperator.Gt => $"{left} > {One(0)}",
            FilterOperator.Ge => $"{left} >= {One(0)}",
            FilterOperator.In => $"{left} = ANY ({Many()})",
            FilterOperator.NotIn => $"{left} <> ALL ({Many()})",
            FilterOperator.Between => $"{left} BETWEEN {One(0)} AND {One(1)}",
            FilterOperator.NotBetween => $"{left} NOT BETWEEN {One(0)} AND {One(1)}",
            FilterOperator.Like => $"{column}::text LIKE {Pattern()}",
            FilterOperator.NotLike => $"{column}::text NOT LIKE {Pattern()}",
            FilterOperator.ILike => $"{column}::text ILIKE {Pattern()}",
            FilterOperator.IsNull => $"{column} IS NULL",
            _ => $"{column} IS NOT NULL",
        };
    }
}
