namespace BatchService.Entities;

/// <summary>
/// The set-wise statement of a <see cref="RowShape"/>: for each row its JSON (or null) and its result, in the rows' order. The result of
/// a create is <c>created</c>; of an upsert <c>created</c>, <c>updated</c> or <c>unchanged</c>; of update and delete <c>updated</c> or
/// <c>deleted</c>, <c>missing</c> (no such row), <c>stale</c> (its etag differs), or <c>again</c> (the same row twice in the set).
/// </summary>
internal static class RowStatements
{
    private const string T = RowJson.Alias;

    /// <summary>Over text[] parameters <c>$1 … $n</c>, one a cell.</summary>
    public static string Whole(RowShape shape)
    {
        var arrays = string.Join(", ", Enumerable.Range(1, shape.CellCount).Select(number => $"${number}::text[]"));
        return Statement(shape, $"unnest({arrays}) WITH ORDINALITY AS u({CellNames(shape)}, ord)");
    }

    /// <summary>Over <c>$1</c>, a JSON array of arrays of texts, one a row.</summary>
    public static string Divided(RowShape shape)
    {
        var cells = string.Join(", ", Enumerable.Range(0, shape.CellCount).Select(cell => $"x.r ->> {cell} AS c{cell}"));
        var input = $"(SELECT {cells}, x.ord FROM jsonb_array_elements($1) WITH ORDINALITY AS x(r, ord)) AS u";
        // PostgreSQL takes statements that write only in a WITH at the top.
        var (tables, answer) = Parts(shape, input);
        return $"WITH {tables}, s AS ({answer}) SELECT array_agg(s.row_json::text), array_agg(s.result) FROM s";
    }

    private static string Statement(RowShape shape, string input)
    {
        if (shape.Action == RowAction.Create)
            return Create(shape, input);
        var (tables, answer) = Parts(shape, input);
        return $"WITH {tables} {answer}";
    }

    /// <summary>The tables of the WITH clause, and the query over them that gives a row for each row of the input.</summary>
    private static (string Tables, string Answer) Parts(RowShape shape, string input) => shape.Action switch
    {
        RowAction.Create => ($"w AS ({Create(shape, input)})", "SELECT row_json, result FROM w"),
        RowAction.Upsert => Upsert(shape, input),
        RowAction.Update => Change(shape, input, $"UPDATE {shape.Entity.Sql} AS {T} SET {Assignments(shape)} FROM u", "updated"),
        _ => Change(shape, input, $"DELETE FROM {shape.Entity.Sql} AS {T} USING u", "deleted"),
    };

    private static string Create(RowShape shape, string input) => $"""
        INSERT INTO {shape.Entity.Sql} AS {T} {Parenthesised(InsertColumns(shape))}
        SELECT {InsertValues(shape)}
        FROM {input}
        RETURNING {Row(shape)} AS row_json, {RowFilter.Checked(shape.Entity, "'created'")} AS result
        """;

    private static (string Tables, string Answer) Upsert(RowShape shape, string input)
    {
        var keys = shape.OnConflict!.Columns.Select(name => IndexOf(shape, name)).ToList();
        var targets = string.Join(", ", shape.OnConflict.Columns.Select(SqlName.Quote));
        var typed = string.Join(", ", shape.Columns.Select((_, column) => $"{Value(shape, column)} AS k{column}").Concat(GivenCells(shape)));
        var ofTable = string.Join(" AND ", keys.Select(key => $"{T}.{shape.Columns[key].Sql} = u.k{key}"));
        var ofWritten = string.Join(" AND ", keys.Select(key => $"w.k{key} = u.k{key}"));
        var written = string.Join(", ", keys.Select(key => $"{T}.{shape.Columns[key].Sql} AS k{key}"));
        var isNew = shape.Entity.Kind == EntityKind.Table ? $"{T}.xmax = 0" : "NULL::boolean";
        var first = string.Join(", ", keys.Select(key => $"u.k{key}"));
        var inserted = ConcurrencyColumn.Of(shape.Entity) is { } version ? $", {ConcurrencyColumn.Initial(version)}" : "";
        // An existing row that the caller may not see is neither changed nor told of, and a silence would look like success.
        var (visible, hidden) = shape.Entity.RowFilter is null
            ? ("", "")
            : ($", {RowFilter.Visible(shape.Entity, T)} AS visible", "WHEN NOT e.visible AND batch.refuse_row() THEN NULL ");
        var tables = $"""
            u AS MATERIALIZED (SELECT u.ord, {typed} FROM {input}),
            e AS MATERIALIZED (SELECT u.ord, {Row(shape)} AS row_json{visible} FROM u JOIN {shape.Entity.Sql} AS {T} ON {ofTable}),
            w AS (
                INSERT INTO {shape.Entity.Sql} AS {T} ({InsertColumns(shape)})
                SELECT {string.Join(", ", shape.Columns.Select((_, column) => $"u.k{column}"))}{inserted} FROM u ORDER BY u.ord
                ON CONFLICT ({targets}) {OnConflictAction(shape)}
                RETURNING {written}, {RowFilter.Checked(shape.Entity, "true")} AS written, {isNew} AS is_new, {Row(shape)} AS row_json)
            """;
        return (tables, $"""
            SELECT coalesce(w.row_json, e.row_json) AS row_json,
                   CASE {hidden}WHEN w.written IS NULL THEN 'unchanged'
                        WHEN row_number() OVER (PARTITION BY {first} ORDER BY u.ord) > 1 THEN 'unchanged'
                        WHEN coalesce(w.is_new, e.ord IS NULL) THEN 'created'
                        ELSE 'updated' END AS result
            FROM u LEFT JOIN w ON {ofWritten} LEFT JOIN e ON e.ord = u.ord
            ORDER BY u.ord
            """);
    }

    private static string OnConflictAction(RowShape shape)
    {
        var changed = shape.Columns.Where(column => !shape.OnConflict!.Columns.Contains(column.Name, StringComparer.Ordinal)).ToList();
        if (shape.OnConflict!.Action == ConflictAction.Ignore || changed.Count == 0)
            return "DO NOTHING";
        var assignments = changed.Select(column => $"{column.Sql} = {Proposed(shape, column)}");
        if (ConcurrencyColumn.Of(shape.Entity) is { } version)
            assignments = assignments.Append($"{version.Sql} = {ConcurrencyColumn.Next(version)}");
        var different = string.Join(" OR ", changed.Select(column => $"{Comparable($"{T}.{column.Sql}", column)} IS DISTINCT FROM {Comparable(Proposed(shape, column), column)}"));
        // "unchanged" would tell whether a guess at a value that the caller may not see was right.
        if (!changed.TrueForAll(column => column.Readable))
            different = "true";
        return $"DO UPDATE SET {string.Join(", ", assignments)} WHERE ({different}){RowFilter.AndVisible(shape.Entity, T)}";
    }

    /// <summary>What a merge sets: the given value, or, where rows may leave the column out, the old one for those that do.</summary>
    private static string Proposed(RowShape shape, Column column)
    {
        var position = IndexOf(shape, column.Name);
        if (!shape.Partial[position])
            return $"EXCLUDED.{column.Sql}";
        var key = string.Join(" AND ", shape.OnConflict!.Columns.Select(name => $"u.k{IndexOf(shape, name)} = EXCLUDED.{SqlName.Quote(name)}"));
        var given = $"EXISTS (SELECT 1 FROM u WHERE {key} AND u.c{shape.GivenCell(position)} = 't')";
        return $"CASE WHEN {given} THEN EXCLUDED.{column.Sql} ELSE {T}.{column.Sql} END";
    }

    private static IEnumerable<string> GivenCells(RowShape shape) =>
        Enumerable.Range(0, shape.Columns.Count).Select(shape.GivenCell).Where(cell => cell >= 0).Select(cell => $"u.c{cell}");

    private static (string Tables, string Answer) Change(RowShape shape, string input, string change, string done)
    {
        var keys = shape.Entity.PrimaryKey.Select(name => (Column: shape.Entity.FindColumn(name)!, Cell: IndexOf(shape, name))).ToList();
        string Matches(string alias, bool withEtag)
        {
            var conditions = keys.Select(key => $"{alias}.{key.Column.Sql} = {Cast($"u.c{key.Cell}", key.Column)}");
            if (ConcurrencyColumn.Of(shape.Entity) is { } version && withEtag)
                conditions = conditions.Append($"{alias}.{version.Sql} = {Cast($"u.c{IndexOf(shape, version.Name)}", version)}");
            if (shape.HasEtags && withEtag)
                conditions = conditions.Append($"(u.c{shape.EtagCell} IS NULL OR {RowJson.Etag(shape.Entity, alias)} = u.c{shape.EtagCell})");
            return string.Join(" AND ", conditions);
        }

        var written = shape.Action == RowAction.Update ? $"{RowFilter.Checked(shape.Entity, "u.ord")} AS ord" : "u.ord";
        var tables = $"""
            u AS MATERIALIZED (SELECT * FROM {input}),
            w AS ({change} WHERE {Matches(T, withEtag: true)}{RowFilter.AndVisible(shape.Entity, T)} RETURNING {written}, {Row(shape)} AS row_json)
            """;
        return (tables, $"""
            SELECT w.row_json,
                   CASE WHEN w.ord IS NOT NULL THEN '{done}'
                        WHEN EXISTS (SELECT 1 FROM {shape.Entity.From} AS x WHERE {Matches("x", withEtag: true)}) THEN 'again'
                        WHEN EXISTS (SELECT 1 FROM {shape.Entity.From} AS x WHERE {Matches("x", withEtag: false)}) THEN 'stale'
                        ELSE 'missing' END AS result
            FROM u LEFT JOIN w ON w.ord = u.ord
            ORDER BY u.ord
            """);
    }

    private static string Assignments(RowShape shape)
    {
        var assignments = shape.Columns
            .Select((column, position) => (column, position))
            .Where(pair => !IsGuard(shape, pair.column))
            .Select(pair => shape.Partial[pair.position]
                ? $"{pair.column.Sql} = CASE WHEN u.c{shape.GivenCell(pair.position)} = 't' THEN {Cast($"u.c{pair.position}", pair.column)} ELSE {T}.{pair.column.Sql} END"
                : $"{pair.column.Sql} = {Cast($"u.c{pair.position}", pair.column)}");
        if (ConcurrencyColumn.Of(shape.Entity) is { } version)
            assignments = assignments.Append($"{version.Sql} = {ConcurrencyColumn.Next(version)}");
        return string.Join(", ", assignments);
    }

    /// <summary>Columns that say which row is meant, and are not written.</summary>
    private static bool IsGuard(RowShape shape, Column column) =>
        shape.Entity.PrimaryKey.Contains(column.Name, StringComparer.Ordinal) || column.Name == shape.Entity.ConcurrencyColumn;

    private static string InsertColumns(RowShape shape)
    {
        var columns = shape.Columns.Select(column => column.Sql);
        if (ConcurrencyColumn.Of(shape.Entity) is { } version)
            columns = columns.Append(version.Sql);
        return string.Join(", ", columns);
    }

    /// <summary>Rows without any column take no column list at all.</summary>
    private static string Parenthesised(string columns) => columns.Length == 0 ? "" : $"({columns})";

    private static string InsertValues(RowShape shape)
    {
        var values = shape.Columns.Select((_, column) => Value(shape, column));
        if (ConcurrencyColumn.Of(shape.Entity) is { } version)
            values = values.Append(ConcurrencyColumn.Initial(version));
        return string.Join(", ", values);
    }

    private static string Value(RowShape shape, int column)
    {
        var given = Cast($"u.c{column}", shape.Columns[column]);
        return shape.Partial[column] && shape.Columns[column].Default is { } expression
            ? $"CASE WHEN u.c{shape.GivenCell(column)} = 't' THEN {given} ELSE {expression} END"
            : given;
    }

    private static string Row(RowShape shape) => shape.Representation ? RowJson.Expression(shape.Entity) : "NULL::json";

    private static string Cast(string text, Column column) => $"({text})::{column.Type.CastSql}";

    /// <summary>json, xml and the geometric types have no equality of their own.</summary>
    private static string Comparable(string value, Column column) =>
        column.Type.Family is TypeFamily.Json or TypeFamily.Other or TypeFamily.Composite or TypeFamily.Array
            ? $"({value})::text"
            : value;

    private static int IndexOf(RowShape shape, string name)
    {
        for (var column = 0; column < shape.Columns.Count; column++)
        {
            if (shape.Columns[column].Name == name)
                return column;
        }
        throw new InvalidOperationException($"The rows do not give the key column '{name}'.");
    }

    private static string CellNames(RowShape shape) => string.Join(", ", Enumerable.Range(0, shape.CellCount).Select(cell => $"c{cell}"));
}
