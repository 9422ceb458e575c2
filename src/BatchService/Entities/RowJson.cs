namespace BatchService.Entities;

/// <summary>A relation embedded into each row of a read, with the columns that are wanted of it.</summary>
internal sealed record Embed(Relation Relation, Entity Target, IReadOnlyList<Column> Columns);

/// <summary>
/// SQL expressions that make a row's JSON inside PostgreSQL, which knows how to write each of its types exactly; bytea becomes base64,
/// and every row carries <c>$etag</c>, a hash over all of its content.
/// </summary>
internal static class RowJson
{
    /// <summary>The alias of the entity in every statement.</summary>
    public const string Alias = "\"$t\"";

    private const string EmbedAlias = "\"$e\"";

    /// <summary>The content hash of the row that an alias stands for.</summary>
    /// <remarks>Over what the caller may see: a hash over more would let it guess the rest.</remarks>
    public static string Etag(Entity entity, string alias) => entity.HidesColumns
        ? $"to_hex(hashtextextended(ROW({string.Join(", ", entity.ReadableColumns.Select(column => $"{alias}.{column.Sql}"))})::text, 0))"
        : $"to_hex(hashtextextended({alias}::text, 0))";

    /// <summary>An expression of type json over the row that <see cref="Alias"/> stands for.</summary>
    public static string Expression(Entity entity, IReadOnlyList<Column> columns, IReadOnlyList<Embed> embeds) =>
        $"(SELECT row_to_json(\"$r\") FROM (SELECT {Fields(entity, columns, embeds, Alias)}) AS \"$r\")";

    /// <summary>All readable columns of the entity.</summary>
    public static string Expression(Entity entity) => Expression(entity, entity.ReadableColumns, []);

    private static string Fields(Entity entity, IReadOnlyList<Column> columns, IReadOnlyList<Embed> embeds, string alias)
    {
        var fields = columns.Select(column => Field(column, alias))
            .Concat(embeds.Select(embed => $"{Embedded(embed, alias)} AS {SqlName.Quote(embed.Relation.Name)}"))
            .Append($"{Etag(entity, alias)} AS \"$etag\"");
        return string.Join(", ", fields);
    }

    private static string Field(Column column, string alias) => column.Type.Family == TypeFamily.Bytes
        ? $"translate(encode({alias}.{column.Sql}, 'base64'), E'\\n', '') AS {column.Sql}"
        : $"{alias}.{column.Sql}";

    private static string Embedded(Embed embed, string alias)
    {
        var rows = $"""
            SELECT {Fields(embed.Target, embed.Columns, [], EmbedAlias)}
            FROM {embed.Target.From} AS {EmbedAlias}
            WHERE {Join(embed.Relation, embed.Target, alias, EmbedAlias)}
            """;
        if (!embed.Relation.IsList)
            return $"(SELECT row_to_json(\"$r\") FROM ({rows} LIMIT 1) AS \"$r\")";
        return $"(SELECT coalesce(json_agg(row_to_json(\"$r\")), '[]') FROM ({rows} {PrimaryKeyOrder(embed.Target, EmbedAlias)}) AS \"$r\")";
    }

    /// <summary>The condition that connects a row with its relatives.</summary>
    public static string Join(Relation relation, Entity target, string alias, string targetAlias) => string.Join(
        " AND ",
        relation.Columns.Select((column, position) =>
            $"{targetAlias}.{target.FindColumn(relation.TargetColumns[position])!.Sql} = {alias}.{SqlName.Quote(column)}"));

    /// <summary>An ORDER BY over the primary key, or nothing where there is none.</summary>
    public static string PrimaryKeyOrder(Entity entity, string alias) => entity.PrimaryKey.Count == 0
        ? ""
        : $"ORDER BY {string.Join(", ", entity.PrimaryKey.Select(name => $"{alias}.{SqlName.Quote(name)}"))}";
}
