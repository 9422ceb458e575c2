using System.Text.Json;
using BatchService.Batching;
using BatchService.Entities;

namespace BatchService.Operations;

/// <summary>The schemas of <c>POST /batch</c> in the OpenAPI document: what <see cref="BatchParser"/> reads and <see cref="BatchResponse"/> writes.</summary>
internal static class OperationSchemas
{
    public static string Of(BatchOptions limits) => $$"""
        {
          "BatchRequest": {
            "type": "object",
            "required": ["operations"],
            "properties": {
              "operations": { "type": "array", "minItems": 1, "maxItems": {{limits.MaxOperations}}, "items": { "$ref": "#/components/schemas/BatchOperation" } },
              "options": { "$ref": "#/components/schemas/BatchOptions" }
            },
            "additionalProperties": false
          },
          "BatchOperation": {
            "type": "object",
            "description": "A value in store_params, query_params or metadata_params may be \"$ref:id.path\": what the operation of that id comes to.",
            "required": ["entity", "action"],
            "properties": {
              "id": { "type": "string", "minLength": 1, "maxLength": {{OperationId.MaxLength}}, "pattern": "^[A-Za-z0-9_-]+$",
                "description": "Unique in the batch; op_<index> without it." },
              "entity": { "type": "string", "minLength": 1, "description": "A name from GET /entities." },
              "action": { "type": "string", "enum": {{JsonSerializer.Serialize(EntityAccess.ActionNames)}} },
              "store_params": {
                "description": "The values of create, update and upsert, by column; for create and upsert also an array of rows.",
                "anyOf": [
                  { "type": "object", "additionalProperties": {} },
                  { "type": "array", "items": { "type": "object", "additionalProperties": {} } }
                ]
              },
              "query_params": { "type": "object", "additionalProperties": {},
                "description": "Which rows to read, update, delete or assert: by column a value, or \"operator::value\"." },
              "metadata_params": { "$ref": "#/components/schemas/BatchOperationMetadata" },
              "depends_on": { "type": "array", "items": { "type": "string" }, "description": "Ids of operations that must complete before." },
              "claims": { "type": "object", "additionalProperties": {}, "description": "Narrows the caller's claims for this operation." }
            },
            "additionalProperties": false
          },
          "BatchOperationMetadata": {
            "type": "object",
            "description": "Each name may be written with a leading __; any other name is refused. A value may be a reference.",
            "properties": {
              "sort": { "description": "Of a read: \"a\", \"a:desc\", \"customer.phone\"; several as an array or separated by commas." },
              "limit": { "description": "Of a read: rows at most, an integer." },
              "offset": { "description": "Of a read: rows to leave out, an integer." },
              "count": { "description": "Of a read: true gives the number of rows only." },
              "properties": { "description": "Of a read: names or patterns of columns; \"relation:pattern\" embeds related rows." },
              "expect_affected": { "description": "Of an update or delete: the number of rows it must touch, or \"any\"." },
              "max_affected": { "description": "Of an update or delete: rows it may touch at most; {{limits.MaxAffected}} without it." },
              "if_match": { "description": "Of an update or delete: the $etag of the row, or an array of them." },
              "on_conflict": { "description": "Of an upsert: {\"columns\": [...], \"action\": \"merge\" or \"ignore\"}." },
              "expect": { "description": "Of an assert: the number of rows; at least one without it." }
            },
            "additionalProperties": {}
          },
          "BatchOptions": {
            "type": "object",
            "properties": { {{RequestOptionsSchema.Properties(new RequestOptions())}} },
            "additionalProperties": false
          },
        {{Answers}}
        }
        """;

    private const string Answers = """
          "BatchResponse": {
            "type": "object",
            "required": ["success", "atomic", "committed", "total", "successCount", "failureCount", "skippedCount", "successRate", "durationMs", "results"],
            "properties": {
              "success": { "type": "boolean" },
              "atomic": { "type": "boolean" },
              "committed": { "type": "boolean", "description": "False after a dry run or an abort." },
              "total": { "type": "integer" },
              "successCount": { "type": "integer" },
              "failureCount": { "type": "integer" },
              "skippedCount": { "type": "integer", "description": "Skipped, rolled back or not executed." },
              "successRate": { "type": "number", "minimum": 0, "maximum": 100, "description": "Percent." },
              "durationMs": { "type": "integer", "format": "int64", "description": "Milliseconds." },
              "reason": { "type": "string", "description": "Why the batch ended early, with code and retryable." },
              "code": { "type": "string" },
              "retryable": { "type": "boolean" },
              "results": { "type": "object", "additionalProperties": { "$ref": "#/components/schemas/OperationResult" },
                "description": "By operation id, in request order." },
              "failedOperations": { "type": "array", "items": { "type": "string" } },
              "errors": { "type": "object", "additionalProperties": { "type": "string" }, "description": "Texts by the operation's index." }
            }
          },
          "OperationResult": {
            "type": "object",
            "required": ["index", "status", "statusCode"],
            "properties": {
              "index": { "type": "integer", "description": "Position in the request, from 0." },
              "status": { "type": "string", "enum": ["completed", "failed", "skipped", "rolled_back", "not_executed", "replayed"] },
              "statusCode": { "type": "integer" },
              "affected": { "type": "integer", "description": "Rows read or written." },
              "outcome": { "type": "string", "enum": ["created", "updated", "unchanged"], "description": "Of an upsert of one row." },
              "outcomes": { "type": "array", "items": { "type": "string" }, "description": "Of an upsert of several rows." },
              "data": { "type": "array", "items": { "type": "object", "additionalProperties": {} }, "description": "The rows, each with its $etag." },
              "truncated": { "type": "boolean", "description": "There are more rows than one read gives." },
              "code": { "type": "string", "description": "See GET /batch/errors." },
              "error": { "type": "string" },
              "retryable": { "type": "boolean" },
              "pointer": { "type": "string", "description": "JSON pointer into the request." },
              "constraint": { "type": "string" },
              "reason": { "type": "string" },
              "causedBy": { "type": "string", "description": "The id of the operation whose failure is the cause." }
            }
          }
        """;
}
