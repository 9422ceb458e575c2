using System.Globalization;

namespace BatchService.Operations;

/// <summary>What the rows of an operation's result can look like, known before it runs.</summary>
/// <param name="Properties">Every property that a row can have; true where more may lie below it (json, array, relation).</param>
internal sealed record ReferenceShape(IReadOnlyDictionary<string, bool> Properties)
{
    /// <summary>Nothing is known: every path may resolve.</summary>
    public static readonly ReferenceShape Anything = new(new Dictionary<string, bool>()) { IsKnown = false };

    public bool IsKnown { get; private init; } = true;

    /// <summary>A shape of plain columns, and of those with more below.</summary>
    public static ReferenceShape Of(IEnumerable<string> plain, IEnumerable<string>? nested = null)
    {
        var properties = plain.ToDictionary(name => name, _ => false, StringComparer.Ordinal);
        foreach (var name in nested ?? [])
        {
            properties[name] = true;
        }

        return new ReferenceShape(properties);
    }
}

/// <summary>A place that a path may lead to, as far as it is known before the operation has run.</summary>
internal readonly struct ShapeNode : IReferenceNode<ShapeNode>
{
    private readonly ReferenceShape _shape;
    private readonly Level _level;

    public ShapeNode(ReferenceShape shape)
        : this(shape, Level.Result)
    {
    }

    private ShapeNode(ReferenceShape shape, Level level)
    {
        _shape = shape;
        _level = level;
    }

    public int Width => 1;

    public bool MayEndBeforeDot => _level is Level.Plain or Level.Anything;

    public bool TryKey(ReadOnlySpan<char> key, out ShapeNode child)
    {
        child = default;
        if (_level is Level.Plain or Level.Anything)
        {
            child = this;
            return _level == Level.Anything;
        }

        if (_level == Level.Result && key is "$status" or "$affected" or "$index")
        {
            child = new ShapeNode(_shape, Level.Plain);
            return true;
        }

        if (_level == Level.Result && int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            return TryIndex(index, out child);
        }

        return TryProperty(key, out child);
    }

    public bool TryIndex(int index, out ShapeNode child)
    {
        child = _level == Level.Result ? new ShapeNode(_shape, Level.Row) : this;
        return _level is Level.Result or Level.Anything;
    }

    private bool TryProperty(ReadOnlySpan<char> key, out ShapeNode child)
    {
        child = default;
        if (key is "$etag")
        {
            child = new ShapeNode(_shape, Level.Plain);
            return true;
        }

        if (!_shape.IsKnown)
        {
            child = new ShapeNode(_shape, Level.Anything);
            return key[0] != '$';
        }

        if (!_shape.Properties.TryGetValue(key.ToString(), out var nested))
        {
            return false;
        }

        child = new ShapeNode(_shape, nested ? Level.Anything : Level.Plain);
        return true;
    }

    private enum Level
    {
        Result,
        Row,
        Plain,
        Anything,
    }
}
