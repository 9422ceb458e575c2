using System.Text.Json;
using System.Text.RegularExpressions;
using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>Reads <c>sort</c> and <c>properties</c> of a read.</summary>
internal static class ProjectionParser
{
    private static readonly char[] Separators = [' ', ',', '\t', '\n'];

    /// <summary><c>a</c>, <c>a:desc</c>, <c>customer.phone:asc</c>, separated by commas.</summary>
    public static IReadOnlyList<SortKey> ParseSort(JsonElement value, Entity entity, CatalogView catalog, string place, List<Error> errors)
    {
        var keys = new List<SortKey>();
        foreach (var term in ReadNames(value, [','], "sort", place, errors))
        {
            var colon = term.LastIndexOf(':');
            var name = colon < 0 ? term : term[..colon];
            var direction = colon < 0 ? "asc" : term[(colon + 1)..];
            if (direction is not ("asc" or "desc"))
                errors.Add(new Error(ErrorCodes.FieldInvalid, "A sort direction must be asc or desc", place));
            else if (FilterParser.FindColumn(name, entity, catalog, place, errors) is not { } found)
                continue;
            else if (found.Relation is { IsList: true })
                errors.Add(new Error(ErrorCodes.FieldInvalid, "Rows cannot be sorted by a relation to many rows", place));
            else
                keys.Add(new SortKey(found.Relation, found.Target, found.Column, direction == "desc"));
        }
        return keys;
    }

    /// <summary>Names or patterns (regular expressions over the whole name); <c>relation:pattern</c> embeds related rows.</summary>
    public static (IReadOnlyList<Column> Columns, IReadOnlyList<Embed> Embeds) ParseProperties(
        JsonElement value, Entity entity, CatalogView catalog, string place, List<Error> errors)
    {
        var columns = new List<Column>();
        var embeds = new List<Embed>();
        foreach (var term in ReadNames(value, Separators, "properties", place, errors))
        {
            var colon = term.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
                columns.AddRange(Match(term, entity, place, errors).Where(column => !columns.Contains(column)));
            else if (catalog.FindRelation(entity, term[..colon]) is { } found)
                embeds.Add(Merge(embeds, new Embed(found.Relation, found.Target, Match(term[(colon + 1)..], found.Target, place, errors))));
            else
                errors.Add(new Error(ErrorCodes.ColumnUnknown, $"Entity '{entity.Name}' has no such relation", place));
        }
        return (columns, embeds);
    }

    /// <summary>A relation that is named twice is embedded once, with the columns of both.</summary>
    private static Embed Merge(List<Embed> embeds, Embed embed)
    {
        var index = embeds.FindIndex(other => other.Relation == embed.Relation);
        if (index < 0)
            return embed;
        var merged = embed with { Columns = [.. embeds[index].Columns.Union(embed.Columns)] };
        embeds.RemoveAt(index);
        return merged;
    }

    private static IReadOnlyList<Column> Match(string pattern, Entity entity, string place, List<Error> errors)
    {
        if (entity.FindReadable(pattern) is { } exact)
            return [exact];
        var matching = TryCompile(pattern) is { } regex ? entity.ReadableColumns.Where(column => regex.IsMatch(column.Name)).ToList() : [];
        if (matching.Count == 0)
            errors.Add(new Error(ErrorCodes.ColumnUnknown, $"Entity '{entity.Name}' has no column that fits", place));
        return matching;
    }

    private static Regex? TryCompile(string pattern)
    {
        try
        {
            // Without backtracking no pattern of a client can make the match run long.
            return new Regex($"^(?:{pattern})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private static IEnumerable<string> ReadNames(JsonElement value, char[] separators, string name, string place, List<Error> errors)
    {
        const StringSplitOptions Clean = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        if (value.ValueKind == JsonValueKind.String)
            return value.GetString()!.Split(separators, Clean);
        if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String))
            return [.. value.EnumerateArray().SelectMany(item => item.GetString()!.Split(separators, Clean))];
        errors.Add(new Error(ErrorCodes.FieldInvalid, $"'{name}' must be a string or an array of strings", place));
        return [];
    }
}
