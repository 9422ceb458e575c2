using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Entities;

/// <summary>SQL under construction. Values enter only as parameters, always as text that the statement casts; names only from the catalog.</summary>
internal sealed class SqlText
{
    private readonly StringBuilder _text = new();
    private readonly List<NpgsqlParameter> _parameters = [];

    public SqlText Append(string sql)
    {
        _text.Append(sql);
        return this;
    }

    /// <summary>Adds a text parameter and gives its placeholder.</summary>
    public string Parameter(string? value)
    {
        _parameters.Add(value is null
            ? new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text }
            : new NpgsqlParameter<string> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text });
        return $"${_parameters.Count}";
    }

    /// <summary>Adds a text[] parameter and gives its placeholder.</summary>
    public string Parameter(string?[] values)
    {
        _parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        return $"${_parameters.Count}";
    }

    public NpgsqlBatchCommand ToCommand()
    {
        var command = new NpgsqlBatchCommand(_text.ToString());
        foreach (var parameter in _parameters)
            command.Parameters.Add(parameter);
        return command;
    }
}
