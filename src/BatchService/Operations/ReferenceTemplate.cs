using System.Diagnostics.CodeAnalysis;
using System.Text;
using BatchService.Batching;

namespace BatchService.Operations;

/// <summary>A string of the request, divided into literal text and references; escapes are already undone in the text.</summary>
internal sealed record ReferenceTemplate(IReadOnlyList<TemplatePart> Parts)
{
    /// <summary>A parsed reference takes thirty times its text: one string must not become hundreds of megabytes.</summary>
    public const int MaxParts = 1_000;

    /// <summary>The string is nothing but one reference, in either form: its value keeps its JSON type.</summary>
    public Reference? Whole => Parts.Count == 1 ? Parts[0].Reference : null;

    /// <summary>The references from left to right.</summary>
    public IEnumerable<Reference> References => Parts.Select(part => part.Reference).OfType<Reference>();

    /// <summary>Divides <paramref name="text"/>; the error has no pointer yet. A string without markers is its only part.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ReferenceTemplate? template, [NotNullWhen(false)] out Error? error)
    {
        error = null;
        if (!text.Contains('$'))
        {
            template = new ReferenceTemplate([new TemplatePart(text)]);
            return true;
        }

        template = null;
        var parts = new List<TemplatePart>();
        var literal = new StringBuilder();
        var rest = text.AsSpan();
        while (NextMarker(rest, out var at) is var marker && marker != Marker.None)
        {
            literal.Append(rest[..at]);
            rest = rest[at..];
            if (marker == Marker.Escape)
            {
                // The second '$' and what follows is text: step behind the marker, so that it is not found again.
                var size = MarkerSize(rest[1..]);
                literal.Append(rest.Slice(1, size));
                rest = rest[(1 + size)..];
                continue;
            }

            var parsed = marker == Marker.Bare
                ? ReferenceSyntax.TryReadBare(rest, out var reference, out var length)
                : ReferenceSyntax.TryReadDelimited(rest, out reference, out length);
            if (!parsed)
            {
                error = Malformed(marker);
                return false;
            }

            if (parts.Count >= MaxParts)
            {
                error = new Error(ErrorCodes.ReferenceTooLarge, $"A string has at most {MaxParts} references and pieces of text");
                return false;
            }

            AddLiteral(parts, literal);
            parts.Add(new TemplatePart(reference!));
            rest = rest[length..];
        }

        literal.Append(rest);
        AddLiteral(parts, literal);
        if (parts is [{ Reference: { } whole }])
        {
            parts[0] = new TemplatePart(whole with { IsExact = true });
        }

        template = new ReferenceTemplate(parts);
        return true;
    }

    private static Error Malformed(Marker marker) => new(
        ErrorCodes.ReferenceSyntax,
        marker == Marker.Bare
            ? "A reference has the form $ref:operation.path with a path of at most 512 characters; write $$ref: for the literal text"
            : "A reference has the form ${ref:operation.path} with a path of at most 512 characters; write $${ref: for the literal text");

    private static void AddLiteral(List<TemplatePart> parts, StringBuilder literal)
    {
        if (literal.Length > 0)
        {
            parts.Add(new TemplatePart(literal.ToString()));
            literal.Clear();
        }
    }

    private static Marker NextMarker(ReadOnlySpan<char> text, out int at)
    {
        at = 0;
        for (var next = text.IndexOf('$'); next >= 0; next = text[at..].IndexOf('$'))
        {
            at += next;
            var here = text[at..];
            if (here.StartsWith(ReferenceSyntax.BareMarker, StringComparison.Ordinal))
            {
                return Marker.Bare;
            }

            if (here.StartsWith(ReferenceSyntax.DelimitedMarker, StringComparison.Ordinal))
            {
                return Marker.Delimited;
            }

            if (MarkerSize(here[1..]) > 0)
            {
                return Marker.Escape;
            }

            at++;
        }

        return Marker.None;
    }

    private static int MarkerSize(ReadOnlySpan<char> text)
    {
        if (text.StartsWith(ReferenceSyntax.BareMarker, StringComparison.Ordinal))
        {
            return ReferenceSyntax.BareMarker.Length;
        }

        return text.StartsWith(ReferenceSyntax.DelimitedMarker, StringComparison.Ordinal) ? ReferenceSyntax.DelimitedMarker.Length : 0;
    }

    private enum Marker
    {
        None,
        Bare,
        Delimited,
        Escape,
    }
}

/// <summary>A piece of a template: literal text, or a reference.</summary>
internal readonly record struct TemplatePart
{
    public TemplatePart(string text) => Text = text;

    public TemplatePart(Reference reference) => Reference = reference;

    public string? Text { get; }

    public Reference? Reference { get; }
}
