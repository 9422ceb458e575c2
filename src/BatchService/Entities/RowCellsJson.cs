using System.Text.Json.Serialization;

namespace BatchService.Entities;

/// <summary>Writes the cells of a set as the JSON array of arrays that a divided statement reads.</summary>
[JsonSerializable(typeof(IEnumerable<string?[]>))]
internal sealed partial class RowCellsJson : JsonSerializerContext;
