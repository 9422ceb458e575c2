using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>A call of <c>POST /entities/{entity}/batch</c>.</summary>
/// <param name="OnConflict">The option <c>on_conflict</c>; undefined when absent.</param>
internal sealed record RowBatchRequest(string Entity, RowAction Action, JsonElement OnConflict, ItemSource Source, ItemBatchRequest Batch);
