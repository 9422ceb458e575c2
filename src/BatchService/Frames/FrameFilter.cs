using BatchService.Batching;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Frames;

/// <summary>Which frames a list shows: those that meet every condition that is given.</summary>
internal sealed class FrameFilter
{
    /// <summary>The query parameters that a filter is read from.</summary>
    public static readonly IReadOnlyList<string> Parameters = ["query", "branch", "module", "jira", "since", "until", "user_id"];

    private readonly List<string> _conditions = [];
    private readonly List<NpgsqlParameter> _values = [];

    private FrameFilter()
    {
    }

    /// <summary>The values that <see cref="Sql"/> refers to, from $1 on. Made once for one command.</summary>
    public IReadOnlyList<NpgsqlParameter> Values => _values;

    /// <summary>The conditions, each in one line that begins with AND.</summary>
    public string Sql => string.Join('\n', _conditions.Select(condition => $"AND {condition}"));

    /// <summary>Reads a filter.</summary>
    /// <param name="parameter">The values of a query parameter; empty when it is absent.</param>
    /// <param name="errors">Receives what is wrong.</param>
    public static FrameFilter Parse(Func<string, IReadOnlyList<string?>> parameter, List<Error> errors)
    {
        var filter = new FrameFilter();
        foreach (var name in Parameters)
        {
            var values = parameter(name);
            if (values.Count > 1)
                errors.Add(new Error(ErrorCodes.FieldInvalid, $"The query parameter '{name}' must be given once"));
            else if (values is [{ } value])
                filter.Add(name, value, errors);
        }
        return filter;
    }

    /// <summary>Only what comes behind the last frame of a page.</summary>
    public void After(DateTimeOffset timestamp, string id)
    {
        var (at, last) = (Value(timestamp), Value(id));
        _conditions.Add($"(\"timestamp\", id) < ({at}, {last})");
    }

    private void Add(string name, string value, List<Error> errors)
    {
        if (value.Contains('\0', StringComparison.Ordinal))
        {
            errors.Add(new Error(ErrorCodes.FieldInvalid, $"The query parameter '{name}' must not contain the character U+0000"));
            return;
        }
        switch (name)
        {
            case "query":
                AddWords(value);
                break;
            case "module":
                _conditions.Add($"module_scope @> ARRAY[{Value(value)}]");
                break;
            case "since" or "until":
                AddTime(name, value, errors);
                break;
            default:
                AddText(name, value);
                break;
        }
    }

    /// <summary>Signs are not indexed: a text of nothing else is found nowhere. Blanks ask for nothing.</summary>
    private void AddWords(string value)
    {
        if (SearchWords.ToPrefixQuery(value) is { } words)
            _conditions.Add($"words @@ {Value(words)}::tsquery");
        else if (!string.IsNullOrWhiteSpace(value))
            _conditions.Add("false");
    }

    /// <summary>The indexes hold the first characters only, because a value may be longer than an index takes.</summary>
    private void AddText(string column, string value)
    {
        var parameter = Value(value);
        _conditions.Add($"left({column}, {FrameRow.IndexedCharacters}) = left({parameter}, {FrameRow.IndexedCharacters}) AND {column} = {parameter}");
    }

    private void AddTime(string name, string value, List<Error> errors)
    {
        if (Rfc3339.TryParse(value, out var time))
            _conditions.Add($"\"timestamp\" {(name == "since" ? ">=" : "<=")} {Value(time)}");
        else
            errors.Add(new Error(ErrorCodes.FieldInvalid, $"The query parameter '{name}' must be {Rfc3339.Wanted} (a + is sent as %2B)"));
    }

    private string Value(string value) => Placeholder(new NpgsqlParameter<string> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text });

    private string Value(DateTimeOffset time) =>
        Placeholder(new NpgsqlParameter<DateTime> { TypedValue = time.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });

    private string Placeholder(NpgsqlParameter parameter)
    {
        _values.Add(parameter);
        return $"${_values.Count}";
    }
}
