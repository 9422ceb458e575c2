using System.Text.Json;

namespace BatchService.Notebooks;

/// <summary>The schemas of what is sent to notebooks in the OpenAPI document: what the readers of this folder read.</summary>
internal static class NotebookSchemas
{
    private const string Id = """{ "type": "string", "format": "uuid" }""";

    public static string Of(NotebookOptions limits) => $$"""
        {
          "NotebookRequest": {
            "type": "object",
            "required": ["name"],
            "properties": { "name": {{Text(Notebook.MaxNameLength)}} },
            "additionalProperties": false
          },
          "NotebookShareRequest": {
            "type": "object",
            "required": ["subject", "tier"],
            "properties": {
              "subject": {{Text(NotebookShare.MaxSubjectLength)}},
              "tier": { "type": "string", "enum": {{JsonSerializer.Serialize(NotebookAccess.Tiers)}} }
            },
            "additionalProperties": false
          },
          "EntryRequest": {
            "type": "object",
            "required": ["content"],
            "properties": { {{EntryProperties(limits)}}, {{Author}} },
            "additionalProperties": false
          },
          "EntryBatchRequest": {
            "type": "object",
            "required": ["entries"],
            "properties": {
              "entries": { "type": "array", "minItems": 1, "maxItems": {{limits.MaxBatch}}, "items": { "$ref": "#/components/schemas/EntryDraft" } },
              {{Author}}
            },
            "additionalProperties": false
          },
          "EntryDraft": {
            "type": "object",
            "required": ["content"],
            "properties": { {{EntryProperties(limits)}} },
            "additionalProperties": false
          },
          {{ClaimsAndJobs}},
          {{NotebookAnswerSchemas.Json}}
        }
        """;

    private static string Author => $$"""
        "author": { "type": "string", "maxLength": {{EntryBatch.MaxAuthorLength}}, "description": "Informational: the author of record is the caller." }
        """;

    private static string EntryProperties(NotebookOptions limits) => $$"""
        "entry_id": { "type": "string", "format": "uuid", "description": "One that no entry has; made by the service without it." },
        "content": {{Text(limits.MaxContentLength)}},
        "content_type": {{Text(EntryDraft.MaxContentTypeLength)}},
        "topic": {{Text(EntryDraft.MaxTopicLength)}},
        "references": { "type": "array", "maxItems": {{EntryDraft.MaxReferences}}, "items": {{Id}},
          "description": "Entries of the notebook, or earlier ones of the batch." },
        "fragment_of": { "type": "string", "format": "uuid", "description": "The entry that this is a part of; together with fragment_index." },
        "fragment_index": { "type": "integer", "minimum": 0, "maximum": {{int.MaxValue}} }
        """;

    private static string ClaimsAndJobs => $$"""
        "ClaimsRequest": {
          "type": "object",
          "required": ["claims", "author"],
          "properties": {
            "claims": { "type": "array", "minItems": 1, "maxItems": {{Claim.MaxCount}}, "items": { "$ref": "#/components/schemas/Claim" } },
            "author": {{Text(ClaimsRequest.MaxAuthorLength)}}
          },
          "additionalProperties": false
        },
        "Claim": {
          "type": "object",
          "required": ["text", "confidence"],
          "properties": {
            "text": {{Text(Claim.MaxTextLength)}},
            "confidence": { "type": "number", "minimum": 0, "maximum": 1 }
          },
          "additionalProperties": false
        },
        "NotebookJobRequest": {
          "type": "object",
          "required": ["job_type", "payload"],
          "properties": {
            "job_type": { "type": "string", "enum": {{JsonSerializer.Serialize(NotebookJobTypes.All)}} },
            "payload": {
              "type": "object",
              "description": "Given to the worker. DISTILL_CLAIMS needs content, COMPARE_CLAIMS compare_against_id, claims_a and claims_b.",
              "required": ["entry_id"],
              "properties": { "entry_id": {{Id}} },
              "additionalProperties": {}
            }
          },
          "additionalProperties": false
        },
        "JobCompletion": {
          "type": "object",
          "required": ["worker_id", "result"],
          "properties": {
            "worker_id": {{Text(WorkerBody.MaxWorkerLength)}},
            "result": {
              "type": "object",
              "description": "claims of a DISTILL_CLAIMS job, entropy and friction of a COMPARE_CLAIMS job, primary_topic of a CLASSIFY_TOPIC job.",
              "properties": {
                "claims": { "type": "array", "minItems": 1, "maxItems": {{Claim.MaxCount}}, "items": {
                  "type": "object",
                  "required": ["text", "confidence"],
                  "properties": { "text": {{Text(Claim.MaxTextLength)}}, "confidence": { "type": "number", "minimum": 0, "maximum": 1 } },
                  "additionalProperties": {}
                } },
                "entropy": { "type": "number", "minimum": 0, "maximum": {{NotebookJobResult.MaxMeasure}} },
                "friction": { "type": "number", "minimum": 0, "maximum": {{NotebookJobResult.MaxMeasure}} },
                "contradictions": { "type": "array", "maxItems": {{NotebookJobResult.MaxContradictions}}, "items": {} },
                "primary_topic": {{Text(EntryDraft.MaxTopicLength)}}
              },
              "additionalProperties": {}
            }
          },
          "additionalProperties": false
        },
        "JobFailure": {
          "type": "object",
          "required": ["worker_id", "error"],
          "properties": {
            "worker_id": {{Text(WorkerBody.MaxWorkerLength)}},
            "error": { "type": "string", "maxLength": {{WorkerBody.MaxErrorLength}} }
          },
          "additionalProperties": false
        }
        """;

    private static string Text(int maxLength) => $$"""{ "type": "string", "minLength": 1, "maxLength": {{maxLength}} }""";
}
