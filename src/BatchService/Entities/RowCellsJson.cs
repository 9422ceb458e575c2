using System.Text.Json.Serialization;

namespace BatchService.Entities;

/// <summary>Writes the cells of a row as the JSON array that a divided statement reads.</summary>
[JsonSerializable(typeof(string?[]))]
internal sealed partial class RowCellsJson : JsonSerializerContext;
