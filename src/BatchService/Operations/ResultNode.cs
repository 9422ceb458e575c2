using System.Globalization;
using System.Text.Json;

namespace BatchService.Operations;

/// <summary>A place in a result: the result itself (its rows and meta values), or a JSON value below it.</summary>
internal readonly struct ResultNode : IReferenceNode<ResultNode>
{
    private const int MaxNames = 50;
    private const int MaxNameLength = 64;

    private readonly ReferencedResult? _result;

    public ResultNode(ReferencedResult result) => _result = result;

    private ResultNode(JsonElement value) => Value = value;

    /// <summary>The JSON value; undefined for the result itself, which no path names.</summary>
    public JsonElement Value { get; }

    public int Width => Value.ValueKind switch
    {
        JsonValueKind.Object => Value.GetPropertyCount(),
        JsonValueKind.Array => Value.GetArrayLength(),
        _ when _result is { Count: 1 } => _result.Row(0).GetPropertyCount(),
        _ => 1,
    };

    public bool MayEndBeforeDot =>
        Value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False;

    /// <summary>A property; digits also name a row, or an element of an array. The only row can be left unnamed.</summary>
    public bool TryKey(ReadOnlySpan<char> key, out ResultNode child)
    {
        child = default;
        var isIndex = int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var index);
        if (_result is not null)
        {
            return (key[0] == '$' && TryProperty(_result.Meta, key, out child))
                || (isIndex && TryIndex(index, out child))
                || (_result.Count == 1 && TryProperty(_result.Row(0), key, out child));
        }

        return Value.ValueKind switch
        {
            JsonValueKind.Object => TryProperty(Value, key, out child),
            JsonValueKind.Array => isIndex && TryIndex(index, out child),
            _ => false,
        };
    }

    /// <summary>A row or an element of an array; a negative index counts from the end.</summary>
    public bool TryIndex(int index, out ResultNode child)
    {
        child = default;
        var count = _result?.Count ?? (Value.ValueKind == JsonValueKind.Array ? Value.GetArrayLength() : 0);
        var position = index < 0 ? count + index : index;
        if (position < 0 || position >= count)
        {
            return false;
        }

        child = new ResultNode(_result is null ? Value[position] : _result.Row(position));
        return true;
    }

    /// <summary>What can be named here, in words, for the text of an error.</summary>
    public string Describe()
    {
        if (_result is not null)
        {
            return _result.Count switch
            {
                0 => "it has no rows",
                1 => DescribeProperties(_result.Row(0)),
                _ => $"it has {_result.Count} rows, named by their index from 0",
            };
        }

        return Value.ValueKind switch
        {
            JsonValueKind.Object => DescribeProperties(Value),
            JsonValueKind.Array => $"there is an array of {Value.GetArrayLength()}",
            JsonValueKind.Null => "there is a null",
            _ => "there is a plain value",
        };
    }

    private static string DescribeProperties(JsonElement value)
    {
        // Names inside a json column are data: neither their number nor their length is limited there.
        var names = value.EnumerateObject().Take(MaxNames).Select(property =>
            property.Name.Length <= MaxNameLength ? property.Name : $"{property.Name.AsSpan(0, MaxNameLength)}…");
        var more = value.GetPropertyCount() > MaxNames ? ", …" : "";
        return value.GetPropertyCount() == 0 ? "there is an empty object" : $"it has: {string.Join(", ", names)}{more}";
    }

    private static bool TryProperty(JsonElement value, ReadOnlySpan<char> key, out ResultNode child)
    {
        var exists = value.TryGetProperty(key, out var property);
        child = new ResultNode(property);
        return exists;
    }
}
