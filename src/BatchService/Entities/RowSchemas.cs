using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>The schemas of <c>POST /entities/{entity}/batch</c> in the OpenAPI document.</summary>
internal static class RowSchemas
{
    public static string Of(BatchOptions limits) => $$"""
        {
          "RowBatchRequest": {
            "type": "object",
            "required": ["action", "items"],
            "properties": {
              "action": { "type": "string", "enum": ["create", "upsert", "update", "delete"] },
              "items": { "type": "array", "minItems": 1, "maxItems": {{limits.MaxItems}}, "items": { "type": "object", "additionalProperties": {} },
                "description": "Rows: values by column, as GET /entities/{entity} describes them." },
              "options": { "$ref": "#/components/schemas/RowBatchOptions" }
            },
            "additionalProperties": false
          },
          "RowBatchOptions": {
            "type": "object",
            "properties": {
              {{RequestOptionsSchema.Properties(new RequestOptions())}},
              "on_conflict": { "$ref": "#/components/schemas/OnConflict" }
            },
            "additionalProperties": false
          },
          "OnConflict": {
            "type": "object",
            "description": "Of an upsert.",
            "properties": {
              "columns": { "type": "array", "minItems": 1, "items": { "type": "string" }, "description": "A unique key; the primary key without it." },
              "action": { "type": "string", "enum": ["merge", "ignore"], "default": "merge" }
            },
            "additionalProperties": false
          },
          "RowBatchResponse": {{ItemSchemas.Answer(ItemNames.CamelCase, "RowResult")}},
          "RowResult": {{ItemSchemas.Result(ItemNames.CamelCase, ResultData)}}
        }
        """;

    private const string ResultData = """
        "outcome": { "type": "string", "enum": ["created", "updated", "unchanged"], "description": "Of an upsert." },
        "data": { "type": "object", "additionalProperties": {}, "description": "The row, with its $etag." },
        """;
}
