using System.Text.Json;
using BatchService.Batching;
using BatchService.Jobs;

namespace BatchService.Entities;

/// <summary>A row of the request, checked against the catalog.</summary>
/// <param name="Texts">By the column's position in the entity: the value as PostgreSQL input text; null = NULL or not given.</param>
/// <param name="Given">By the column's position in the entity: the row has the column.</param>
/// <param name="Etag">The content hash that the row must still have, or null.</param>
/// <param name="Pointer">The place of the row in the request.</param>
internal sealed record ParsedRow(string?[] Texts, bool[] Given, string? Etag, string Pointer)
{
    /// <summary>The values of some columns as one comparable text; null when one of them is NULL or missing.</summary>
    public string? KeyOf(IReadOnlyList<int> ordinals)
    {
        if (ordinals.Count == 1)
            return Texts[ordinals[0]];
        var parts = ordinals.Select(ordinal => Texts[ordinal]).ToList();
        return parts.Contains(null) ? null : string.Join('\u0001', parts.Select(part => $"{part!.Length}:{part}"));
    }
}

/// <summary>
/// Checks rows against the catalog before the database sees them: unknown and generated columns, types, lengths, ranges, nulls and missing
/// values, all of them at once. Reads many rows of one entity; it remembers where the last row had which column.
/// </summary>
internal sealed class RowReader(Entity entity, RowAction action)
{
    public const string EtagName = "$etag";

    private readonly List<int> _order = [];

    /// <summary>Reads a JSON object; what is wrong is added to <paramref name="errors"/>.</summary>
    /// <param name="isDeferred">True for values that are not known yet (references): they count as given and are not checked.</param>
    public ParsedRow Read(JsonElement row, string pointer, Func<JsonElement, bool>? isDeferred, List<Error> errors)
    {
        var parsed = new ParsedRow(new string?[entity.Columns.Count], new bool[entity.Columns.Count], null, pointer);
        if (row.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new Error(ErrorCodes.TypeInvalid, "A row is a JSON object.", pointer));
            return parsed;
        }
        var position = 0;
        foreach (var property in row.EnumerateObject())
        {
            var ordinal = FindOrdinal(property, position++);
            if (ordinal < 0)
                parsed = ReadOther(property, parsed, pointer, errors);
            else
                ReadCell(property.Value, ordinal, parsed, pointer, isDeferred, errors);
        }
        CheckMissing(parsed, pointer, errors);
        return parsed;
    }

    /// <summary>Reads a CSV record whose fields belong to <paramref name="header"/>; null is NULL.</summary>
    public ParsedRow Read(IReadOnlyList<string> header, IReadOnlyList<string?> fields, string pointer, List<Error> errors)
    {
        var parsed = new ParsedRow(new string?[entity.Columns.Count], new bool[entity.Columns.Count], null, pointer);
        for (var field = 0; field < header.Count; field++)
        {
            if (fields[field] == CsvCell.NotGiven)
                continue;
            var ordinal = FindOrdinal(header[field]);
            if (ordinal < 0 && JobDownload.IsAddedToFailed(header[field]))
                continue;
            if (ordinal < 0 && header[field] == EtagName && action is RowAction.Update or RowAction.Delete)
            {
                parsed = parsed with { Etag = fields[field] };
            }
            else if (ordinal < 0)
            {
                errors.Add(Unknown(JsonPointer.Append(pointer, header[field])));
            }
            else
            {
                var column = entity.Columns[ordinal];
                var place = JsonPointer.Append(pointer, column.Name);
                // An empty field of a column that has a value of its own, and takes no null, leaves the column out.
                if (fields[field] is null && !column.Nullable && column.Optional)
                    continue;
                Take(CellText.TryRead(fields[field], column, place, out var text), text, ordinal, parsed, pointer, errors);
            }
        }
        CheckMissing(parsed, pointer, errors);
        return parsed;
    }

    private void ReadCell(
        JsonElement value, int ordinal, ParsedRow parsed, string pointer, Func<JsonElement, bool>? isDeferred, List<Error> errors)
    {
        var column = entity.Columns[ordinal];
        if (isDeferred is not null && isDeferred(value))
        {
            Take(null, null, ordinal, parsed, pointer, errors);
            return;
        }
        // The pointer is only built for the error: this is the hot path.
        var error = CellText.TryRead(value, column, "", out var text);
        if (error is not null)
            error = error with { Pointer = JsonPointer.Append(pointer, column.Name) + error.Pointer };
        Take(error, text, ordinal, parsed, pointer, errors);
    }

    private void Take(Error? error, string? text, int ordinal, ParsedRow parsed, string pointer, List<Error> errors)
    {
        var column = entity.Columns[ordinal];
        parsed.Given[ordinal] = true;
        parsed.Texts[ordinal] = text;
        if ((error ?? Forbidden(column, pointer)) is { } found)
            errors.Add(found);
    }

    private Error? Forbidden(Column column, string pointer)
    {
        // Before any text is made of it: nearly every cell is allowed.
        if (action != RowAction.Delete && column.Writable && column.MayWrite && column.Name != entity.ConcurrencyColumn)
            return null;
        if (action is RowAction.Update or RowAction.Delete && IsGuard(column))
            return null;
        var place = JsonPointer.Append(pointer, column.Name);
        if (action == RowAction.Delete)
            return new Error(ErrorCodes.ValidationFailed, $"A row to delete takes only the key; '{column.Name}' is not part of it.", place);
        return entity.RefusalToWrite(column, place);
    }

    private void CheckMissing(ParsedRow parsed, string pointer, List<Error> errors)
    {
        if (action == RowAction.Update && !entity.Columns.Where((column, ordinal) => parsed.Given[ordinal] && !IsGuard(column)).Any())
            errors.Add(new Error(ErrorCodes.ValidationFailed, "The row gives no column to update besides those that say which row is meant.", pointer));
        for (var ordinal = 0; ordinal < entity.Columns.Count; ordinal++)
        {
            var column = entity.Columns[ordinal];
            if (parsed.Given[ordinal])
                continue;
            if (action is RowAction.Create or RowAction.Upsert && !column.MayWrite && !column.Optional && column.Name != entity.ConcurrencyColumn)
                errors.Add(new Error(ErrorCodes.PermissionDenied, "A new row needs a value in a column that the caller may not write.", pointer));
            else if (action is RowAction.Create or RowAction.Upsert && !column.Optional && column.Name != entity.ConcurrencyColumn)
                errors.Add(Missing(ErrorCodes.NotNullViolation, $"Column '{column.Name}' must have a value."));
            else if (action is RowAction.Update or RowAction.Delete && IsGuard(column))
                errors.Add(Missing(ErrorCodes.ValidationFailed, $"The row must name '{column.Name}', which says which row is meant."));

            Error Missing(ErrorCode code, string detail) => new(code, detail, JsonPointer.Append(pointer, column.Name));
        }
    }

    private bool IsGuard(Column column) =>
        column.Name == entity.ConcurrencyColumn || entity.PrimaryKey.Contains(column.Name, StringComparer.Ordinal);

    private ParsedRow ReadOther(JsonProperty property, ParsedRow parsed, string pointer, List<Error> errors)
    {
        var place = JsonPointer.Append(pointer, property.Name);
        if (property.Name != EtagName || action is not (RowAction.Update or RowAction.Delete))
        {
            errors.Add(Unknown(place));
            return parsed;
        }
        if (property.Value.ValueKind == JsonValueKind.String)
            return parsed with { Etag = property.Value.GetString() };
        errors.Add(new Error(ErrorCodes.TypeInvalid, "$etag is a string.", place));
        return parsed;
    }

    private Error Unknown(string place) => new(ErrorCodes.ColumnUnknown, $"Entity '{entity.Name}' has no such column", place);

    /// <summary>What the caller may neither see nor write does not exist for it.</summary>
    private int FindOrdinal(string name) =>
        entity.OrdinalOf(name) is >= 0 and var ordinal && (entity.Columns[ordinal].Readable || entity.Columns[ordinal].MayWrite) ? ordinal : -1;

    /// <summary>Rows of one batch mostly have the same columns in the same order: look there first.</summary>
    private int FindOrdinal(JsonProperty property, int position)
    {
        if (position < _order.Count && property.NameEquals(entity.Columns[_order[position]].Name))
            return _order[position];
        var ordinal = FindOrdinal(property.Name);
        if (ordinal >= 0 && position == _order.Count)
            _order.Add(ordinal);
        else if (ordinal >= 0 && position < _order.Count)
            _order[position] = ordinal;
        return ordinal;
    }
}
