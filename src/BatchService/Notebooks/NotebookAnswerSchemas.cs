using System.Text.Json;

namespace BatchService.Notebooks;

/// <summary>The schemas of what notebooks answer in the OpenAPI document.</summary>
internal static class NotebookAnswerSchemas
{
    private const string Id = """{ "type": "string", "format": "uuid" }""";

    private const string Ids = """{ "type": "array", "items": { "type": "string", "format": "uuid" } }""";

    private const string NullableId = """{ "type": "string", "format": "uuid", "nullable": true }""";

    private const string NullableText = """{ "type": "string", "nullable": true }""";

    private const string Time = """{ "type": "string", "format": "date-time" }""";

    private static string ClaimsStatus => $$"""{ "type": "string", "enum": {{JsonSerializer.Serialize(ClaimsStatuses.All)}} }""";

    private static string JobType => $$"""{ "type": "string", "enum": {{JsonSerializer.Serialize(NotebookJobTypes.All)}} }""";

    /// <summary>Members of an object.</summary>
    public static string Json => $$"""
        "Notebook": {
          "type": "object",
          "required": ["id", "name", "owner", "created", "current_sequence", "tier"],
          "properties": {
            "id": {{Id}},
            "name": { "type": "string" },
            "owner": { "type": "string" },
            "created": {{Time}},
            "current_sequence": { "type": "integer", "format": "int64", "description": "The position of the latest entry; 0 without any." },
            "tier": { "type": "string", "enum": ["owner", "read", "read_write", "admin"], "description": "What the caller may do." },
            "shares": { "type": "object", "additionalProperties": { "type": "string" }, "description": "Tiers by subject, for those who may change them." }
          }
        },
        "NotebookPage": {
          "type": "object",
          "required": ["notebooks", "next_cursor"],
          "properties": {
            "notebooks": { "type": "array", "items": { "$ref": "#/components/schemas/Notebook" } },
            "next_cursor": {{NullableText}}
          }
        },
        "NotebookShare": {
          "type": "object",
          "required": ["notebook_id", "subject", "tier"],
          "properties": { "notebook_id": {{Id}}, "subject": { "type": "string" }, "tier": { "type": "string" } }
        },
        "EntryPlace": {
          "type": "object",
          "required": ["entry_id", "causal_position", "integration_cost", "claims_status"],
          "properties": {
            "entry_id": {{Id}},
            "causal_position": { "type": "integer", "format": "int64", "description": "From 1, without gaps." },
            "integration_cost": { "type": "number", "description": "0 until it is computed." },
            "claims_status": {{ClaimsStatus}},
            "revision_of": {{Id}}
          }
        },
        "EntryBatchResult": {
          "type": "object",
          "required": ["results", "jobs_created"],
          "properties": {
            "results": { "type": "array", "items": { "$ref": "#/components/schemas/EntryPlace" } },
            "jobs_created": { "type": "integer" }
          }
        },
        {{Entry}},
        {{Page("EntryPage", "entries", "EntrySummary")}},
        {{Page("EntrySearchPage", "entries", "EntryFound")}},
        {{Page("EntryChangePage", "changes", "EntryChange", CurrentSequence)}},
        "EntrySummary": {{Summary("")}},
        "EntryFound": {{Summary(Found)}},
        "EntryChange": {{Summary(Operation)}},
        {{Jobs}}
        """;

    private static string Entry => $$"""
        "Entry": {
          "type": "object",
          "required": ["entry_id", "notebook_id", "causal_position", "content", "content_type", "author", "created", "references", "claims", "claims_status", "needs_review"],
          "properties": {
            "entry_id": {{Id}},
            "notebook_id": {{Id}},
            "causal_position": { "type": "integer", "format": "int64" },
            "content": { "type": "string" },
            "content_type": { "type": "string" },
            "topic": {{NullableText}},
            "author": { "type": "string", "description": "The caller who wrote it." },
            "stated_author": {{NullableText}},
            "created": {{Time}},
            "revision_of": {{NullableId}},
            "fragment_of": {{NullableId}},
            "fragment_index": { "type": "integer", "nullable": true },
            "references": {{Ids}},
            "referenced_by": {{Ids}},
            "fragments": {{Ids}},
            "claims": { "type": "array", "items": { "$ref": "#/components/schemas/Claim" } },
            "claims_status": {{ClaimsStatus}},
            "claims_author": {{NullableText}},
            "claims_stated_author": {{NullableText}},
            "comparisons": { "type": "array", "items": { "$ref": "#/components/schemas/Comparison" } },
            "max_friction": { "type": "number", "nullable": true },
            "needs_review": { "type": "boolean" },
            "primary_topic": {{NullableText}},
            "integration_cost": { "type": "number" },
            "integration_cost_components": { "type": "object", "additionalProperties": {}, "nullable": true }
          }
        },
        "Comparison": {
          "type": "object",
          "required": ["compared_against", "entropy", "friction", "contradictions", "computed_at", "computed_by"],
          "properties": {
            "compared_against": {{NullableId}},
            "entropy": { "type": "number" },
            "friction": { "type": "number" },
            "contradictions": { "type": "array", "items": {} },
            "computed_at": {{Time}},
            "computed_by": { "type": "string" }
          }
        },
        "ClaimsResult": {
          "type": "object",
          "required": ["entry_id", "claims_status", "comparison_jobs_created"],
          "properties": { "entry_id": {{Id}}, "claims_status": {{ClaimsStatus}}, "comparison_jobs_created": { "type": "integer" } }
        }
        """;

    private const string CurrentSequence = """
        "current_sequence": { "type": "integer", "format": "int64", "description": "Where the notebook stands." },
        """;

    private const string Found = """
        "rank": { "type": "number" },
        "snippet": { "type": "string", "description": "Hits stand between **." },
        """;

    private const string Operation = """
        "operation": { "type": "string", "enum": ["write", "revise"] },
        """;

    private static string Page(string name, string list, string item, string more = "") => $$"""
        "{{name}}": {
          "type": "object",
          "required": ["{{list}}", "next_cursor"],
          "properties": {
            "{{list}}": { "type": "array", "items": { "$ref": "#/components/schemas/{{item}}" } },
            {{more}}
            "next_cursor": {{NullableText}}
          }
        }
        """;

    /// <summary>What <see cref="EntrySummary"/> writes.</summary>
    private static string Summary(string more) => $$"""
        {
          "type": "object",
          "required": ["entry_id", "causal_position", "content_type", "author", "created", "claims_status", "needs_review", "integration_cost", "preview"],
          "properties": {
            {{more}}
            "entry_id": {{Id}},
            "causal_position": { "type": "integer", "format": "int64" },
            "topic": {{NullableText}},
            "content_type": { "type": "string" },
            "author": { "type": "string" },
            "created": {{Time}},
            "revision_of": {{NullableId}},
            "fragment_of": {{NullableId}},
            "fragment_index": { "type": "integer", "nullable": true },
            "claims_status": {{ClaimsStatus}},
            "max_friction": { "type": "number", "nullable": true },
            "needs_review": { "type": "boolean" },
            "primary_topic": {{NullableText}},
            "integration_cost": { "type": "number" },
            "preview": { "type": "string", "description": "The first 200 characters of the content." }
          }
        }
        """;

    private static string Jobs => $$"""
        "NotebookJob": {
          "type": "object",
          "required": ["id", "job_type", "status", "payload", "created"],
          "properties": {
            "id": {{Id}},
            "job_type": {{JobType}},
            "status": { "type": "string", "enum": {{JsonSerializer.Serialize(JobStatuses.All)}} },
            "payload": { "type": "object", "additionalProperties": {} },
            "created": {{Time}},
            "claimed_at": {{Time}},
            "claimed_by": { "type": "string" },
            "queue_depth": { "type": "integer", "format": "int64", "description": "Jobs that are still pending." }
          }
        },
        "NotebookJobEnd": {
          "type": "object",
          "required": ["status"],
          "properties": {
            "status": { "type": "string", "enum": ["completed", "pending", "failed"] },
            "follow_up_jobs": { "type": "integer", "description": "Of a completed job." },
            "retry_count": { "type": "integer", "description": "Of a job that is pending again." }
          }
        },
        "NotebookJobStatistics": {
          "type": "object",
          "description": "By type.",
          "additionalProperties": { "type": "object", "additionalProperties": { "type": "integer", "format": "int64" }, "description": "By status." }
        },
        "NotebookJobsRetried": {
          "type": "object",
          "required": ["retried"],
          "properties": { "retried": { "type": "integer", "format": "int64" } }
        }
        """;
}
