using System.Text.Json;

namespace BatchService.Entities;

/// <summary>One member of <c>query_params</c>.</summary>
/// <param name="Input">What the column is compared with; null where it is not known yet.</param>
internal sealed record FilterField(string Name, FilterInput? Input);

/// <summary>What a column is compared with: a text that may name an operator, or, without one, a value that means itself.</summary>
internal sealed record FilterInput(JsonElement Value, FilterText? Text)
{
    /// <summary>As the request wrote it.</summary>
    public static FilterInput Written(JsonElement value) => value.ValueKind == JsonValueKind.String
        ? new FilterInput(value, new FilterText([new FilterPiece(value.GetString()!)]))
        : new FilterInput(value, null);

    /// <summary>As it was found in data.</summary>
    public static FilterInput Found(JsonElement value) => new(value, null);
}

/// <summary>A piece of a filter's text: written in the request or, with <see cref="Data"/>, found in data.</summary>
internal readonly record struct FilterPiece(string Text, JsonElement? Data = null)
{
    public bool IsData => Data is not null;
}

/// <summary>
/// The text of a filter. Only in what the request wrote itself do operators, commas and wildcards mean anything; what was found in data
/// stands for itself, whatever it holds.
/// </summary>
internal sealed record FilterText(IReadOnlyList<FilterPiece> Pieces)
{
    /// <summary>All of it, as one value.</summary>
    public string Plain => Pieces is [var only] ? only.Text : string.Concat(Pieces.Select(piece => piece.Text));

    /// <summary>The operand of <c>like</c> in SQL's terms: <c>*</c> and <c>?</c> are the wildcards, those of SQL are literal.</summary>
    public string Pattern => string.Concat(Pieces.Select(piece =>
        piece.IsData ? Literal(piece.Text) : Literal(piece.Text).Replace('*', '%').Replace('?', '_')));

    /// <summary>What the request wrote before its first <c>::</c>, and the rest; an empty name where it wrote none.</summary>
    public (string Name, FilterText Operand) SplitOperator()
    {
        if (Pieces is not [{ IsData: false, Text: var text }, ..] || text.IndexOf("::", StringComparison.Ordinal) is not (> 0 and var end))
            return ("", this);
        var rest = text[(end + 2)..];
        return (text[..end], new FilterText(rest.Length == 0 ? [.. Pieces.Skip(1)] : [new FilterPiece(rest), .. Pieces.Skip(1)]));
    }

    private static string Literal(string text) => text
        .Replace(@"\", @"\\", StringComparison.Ordinal)
        .Replace("%", @"\%", StringComparison.Ordinal)
        .Replace("_", @"\_", StringComparison.Ordinal);
}
