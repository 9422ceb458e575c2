using System.Text;
using System.Text.Json;

namespace BatchService.Entities;

/// <summary>From a JSON array to PostgreSQL's array literal: rectangular, at most six deep, every element quoted.</summary>
internal sealed class ArrayText
{
    private const int MaxDepth = 6;
    private const int Unknown = -1;

    private static readonly CellFault Ragged = CellFault.WrongType with { Why = ", with nested arrays of equal length" };

    private readonly ColumnType _element;
    private readonly char _delimiter;
    private readonly StringBuilder _text = new();
    private readonly int[] _lengths = [Unknown, Unknown, Unknown, Unknown, Unknown, Unknown];
    private int _elementDepth = Unknown;

    private ArrayText(ColumnType element)
    {
        _element = element;
        // The one built-in type whose own text has commas.
        _delimiter = element.BaseType == "box" ? ';' : ',';
    }

    public static CellFault Read(JsonElement value, ColumnType type, out string? text)
    {
        text = null;
        if (value.ValueKind != JsonValueKind.Array || type.Element is not { } element)
        {
            return CellFault.WrongType with { Why = ", as a JSON array" };
        }

        var array = new ArrayText(element);
        var fault = array.Append(value, 0);
        if (fault.Code is null)
        {
            // PostgreSQL knows one empty array, whatever its depth.
            text = array._elementDepth == Unknown ? "{}" : array._text.ToString();
        }

        return fault;
    }

    private CellFault Append(JsonElement array, int depth)
    {
        if (depth == MaxDepth)
        {
            return Ragged;
        }

        var length = array.GetArrayLength();
        if (_elementDepth == depth || (_lengths[depth] != Unknown && _lengths[depth] != length))
        {
            return Ragged;
        }

        _lengths[depth] = length;
        _text.Append('{');
        var index = 0;
        foreach (var item in array.EnumerateArray())
        {
            _text.Append(index == 0 ? "" : _delimiter.ToString());
            var fault = IsNested(item) ? Append(item, depth + 1) : AppendElement(item, depth + 1);
            if (fault.Code is not null)
            {
                return fault.Beneath(index);
            }

            index++;
        }

        _text.Append('}');
        return CellFault.None;
    }

    /// <summary>An array within is a dimension, unless the elements themselves may be arrays.</summary>
    private bool IsNested(JsonElement item) =>
        item.ValueKind == JsonValueKind.Array && _element.Family is not (TypeFamily.Json or TypeFamily.Array);

    private CellFault AppendElement(JsonElement item, int depth)
    {
        if ((_elementDepth != Unknown && _elementDepth != depth) || (depth < MaxDepth && _lengths[depth] != Unknown))
        {
            return Ragged;
        }

        _elementDepth = depth;
        var fault = CellText.FromJson(item, _element, !_element.DomainNotNull, out var text);
        if (fault.Code is null)
        {
            Quote(text);
        }

        return fault;
    }

    private void Quote(string? text)
    {
        if (text is null)
        {
            _text.Append("NULL");
            return;
        }

        _text.Append('"');
        foreach (var c in text)
        {
            _text.Append(c is '"' or '\\' ? "\\" : "").Append(c);
        }

        _text.Append('"');
    }
}
