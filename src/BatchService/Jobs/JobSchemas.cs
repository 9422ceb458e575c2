using System.Text.Json;

namespace BatchService.Jobs;

/// <summary>The schemas of jobs in the OpenAPI document: what <see cref="JobOrder"/> reads and <see cref="JobStatus"/> writes.</summary>
internal static class JobSchemas
{
    public static string Of(JobTypes types, JobOptions limits) => $$"""
        {
          "JobSubmission": {
            "type": "object",
            "required": ["job_type", "items"],
            "properties": {
              "job_type": { "type": "string", "enum": {{JsonSerializer.Serialize(types.Names)}} },
              "items": { "type": "array", "minItems": 1, "maxItems": {{limits.MaxItems}}, "items": {},
                "description": "Items as the batch of this kind takes them." },
              "options": { "type": "object", "additionalProperties": {},
                "description": "Those of the batch of this kind; rows need entity and action, entries need notebook_id." },
              "metadata": { "type": "object", "additionalProperties": {},
                "description": "Carried by the job as it is; at most {{JobOrder.MaxMetadataBytes}} bytes." },
              "callback_url": { "type": "string", "format": "uri", "minLength": 1, "maxLength": {{JobOrder.MaxUrlLength}},
                "description": "Where a webhook tells of the end." }
            },
            "additionalProperties": false
          },
          "JobRetryRequest": {
            "type": "object",
            "required": ["only"],
            "properties": { "only": { "type": "string", "enum": ["failed", "unprocessed"] } },
            "additionalProperties": false
          },
          {{Answers}}
        }
        """;

    private static string Answers => $$"""
        "JobAccepted": {
          "type": "object",
          "required": ["batch_job_id", "status", "total_items"],
          "properties": {
            "batch_job_id": { "type": "string", "format": "uuid" },
            "status": { "type": "string", "enum": ["pending"] },
            "total_items": { "type": "integer" }
          }
        },
        "BatchJob": {
          "type": "object",
          "required": ["batch_job_id", "job_type", "status", "total_items", "processed_items", "success_items", "failed_items", "progress_percent", "created_at"],
          "properties": {
            "batch_job_id": { "type": "string", "format": "uuid" },
            "job_type": { "type": "string" },
            "status": { "type": "string", "enum": ["pending", "processing", "completed", "failed", "canceled"] },
            "total_items": { "type": "integer" },
            "processed_items": { "type": "integer", "description": "What is committed or decided; it never goes back." },
            "success_items": { "type": "integer" },
            "failed_items": { "type": "integer" },
            "skipped_items": { "type": "integer" },
            "canceled_items": { "type": "integer" },
            "progress_percent": { "type": "number", "minimum": 0, "maximum": 100 },
            "eta_seconds": { "type": "number", "nullable": true },
            "created_at": { "type": "string", "format": "date-time" },
            "started_at": { "type": "string", "format": "date-time", "nullable": true },
            "completed_at": { "type": "string", "format": "date-time", "nullable": true },
            "expires_at": { "type": "string", "format": "date-time", "nullable": true, "description": "When a finished job is removed." },
            "error_message": { "type": "string", "nullable": true },
            "metadata": { "type": "object", "additionalProperties": {}, "nullable": true },
            "retry_of": { "type": "string", "format": "uuid", "description": "The job whose items these are." },
            "result": {
              "type": "object",
              "nullable": true,
              "description": "Null until the end.",
              "required": ["total", "success", "failed", "success_rate", "total_time_ms", "avg_item_time_ms"],
              "properties": {
                "total": { "type": "integer" },
                "success": { "type": "integer" },
                "failed": { "type": "integer" },
                "success_rate": { "type": "number", "minimum": 0, "maximum": 100, "description": "Percent." },
                "total_time_ms": { "type": "integer", "format": "int64", "description": "Milliseconds." },
                "avg_item_time_ms": { "type": "number", "description": "Milliseconds." }
              }
            }
          }
        },
        "BatchJobPage": {
          "type": "object",
          "required": ["jobs", "next_cursor"],
          "properties": {
            "jobs": { "type": "array", "items": { "$ref": "#/components/schemas/BatchJob" } },
            "next_cursor": { "type": "string", "nullable": true }
          }
        },
        "BatchJobItems": { "type": "array", "items": { "$ref": "#/components/schemas/BatchJobItem" } },
        "BatchJobItem": {
          "type": "object",
          "required": ["item_index", "status", "input_data", "output_data", "error_message", "error_code", "processed_at"],
          "properties": {
            "item_index": { "type": "integer", "description": "Position in the job, from 0." },
            "status": { "type": "string", "enum": {{JsonSerializer.Serialize(JobItemStatus.All)}} },
            "input_data": { "nullable": true, "description": "The item as it was sent." },
            "output_data": { "nullable": true, "description": "What it came to." },
            "error_message": { "type": "string", "nullable": true },
            "error_code": { "type": "string", "nullable": true, "description": "See GET /batch/errors." },
            "pointer": { "type": "string", "description": "JSON pointer into the item." },
            "processed_at": { "type": "string", "format": "date-time", "nullable": true }
          }
        }
        """;
}
