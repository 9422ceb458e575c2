namespace BatchService.Batching;

/// <summary>The answer that <see cref="ItemFormat"/> writes, as schemas of the OpenAPI document.</summary>
internal static class ItemSchemas
{
    /// <summary>A batch's answer.</summary>
    /// <param name="results">The name of the schema of a result.</param>
    /// <param name="more">Further properties, with a comma behind each.</param>
    public static string Answer(ItemNames names, string results, string more = "") => $$"""
        {
          "type": "object",
          "required": ["success", "committed", "total", "{{names.SuccessCount}}", "{{names.FailureCount}}", "{{names.SkippedCount}}", "{{names.SuccessRate}}"],
          "properties": {
            "success": { "type": "boolean" },
            "committed": { "type": "boolean", "description": "False after a dry run or an abort." },
            "total": { "type": "integer", "format": "int64" },
            "{{names.SuccessCount}}": { "type": "integer", "format": "int64" },
            "{{names.FailureCount}}": { "type": "integer", "format": "int64" },
            "{{names.SkippedCount}}": { "type": "integer", "format": "int64", "description": "Rolled back or not executed." },
            "{{names.SuccessRate}}": { "type": "number", "minimum": 0, "maximum": 100, "description": "Percent." },
            "reason": { "type": "string", "description": "Why the batch ended early, with code and retryable." },
            "code": { "type": "string" },
            "retryable": { "type": "boolean" },
            {{more}}
            "results": { "type": "array", "items": { "$ref": "#/components/schemas/{{results}}" },
              "description": "In request order; missing from a very long answer that is repeated for its Idempotency-Key." },
            "errors": { "type": "object", "additionalProperties": { "type": "string" }, "description": "Texts by the item's index." }
          }
        }
        """;

    /// <summary>What became of one item.</summary>
    /// <param name="more">Further properties, with a comma behind each.</param>
    public static string Result(ItemNames names, string more = "") => $$"""
        {
          "type": "object",
          "required": ["index", "status"],
          "properties": {
            "index": { "type": "integer", "description": "Position in the request, from 0." },
            "id": { "type": "string" },
            "status": { "type": "string", "enum": ["completed", "failed", "rolled_back", "not_executed", "replayed"] },
            {{more}}
            "{{names.StatusCode}}": { "type": "integer", "description": "Of an item that did not complete." },
            "code": { "type": "string", "description": "See GET /batch/errors." },
            "error": { "type": "string" },
            "retryable": { "type": "boolean" },
            "pointer": { "type": "string", "description": "JSON pointer into the request." },
            "constraint": { "type": "string" }
          }
        }
        """;
}
