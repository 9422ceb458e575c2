using BatchService.Batching;

namespace BatchService.Attestations;

/// <summary>The schemas of attestations in the OpenAPI document: what the readers of this folder read, and what is answered.</summary>
internal static class AttestationSchemas
{
    private const string Mode = """{ "type": "string", "enum": ["atomic", "best_effort"], "default": "atomic" }""";

    public static string Json => $$"""
        {
          "AttestationCommand": {
            "type": "object",
            "description": "Who (actors) says what (predicates) of what (subjects), where (contexts) and when.",
            "required": ["subjects"],
            "properties": {
              "id": { "type": "string", "minLength": {{Asid.Length}}, "maxLength": {{Asid.Length}}, "description": "An ASID; made by the service without it." },
              "subjects": { "type": "array", "minItems": 1, "maxItems": {{AttestationReader.MaxElements}}, "items": {{Text(AttestationReader.MaxTextBytes)}} },
              "predicates": {{Texts("_ without it.")}},
              "contexts": {{Texts("_ without it.")}},
              "actors": {{Texts("The attestation itself without it.")}},
              "timestamp": { "type": "string", "format": "date-time", "description": "When it was so; now without it." },
              "source": { "type": "string", "minLength": 1, "maxLength": {{AttestationReader.MaxTextBytes}}, "default": "api" },
              "attributes": { "type": "object", "additionalProperties": {} }
            },
            "additionalProperties": false
          },
          "AttestationBatchRequest": {
            "type": "object",
            "required": ["commands"],
            "properties": {
              "commands": { "type": "array", "maxItems": {{AttestationLimits.MaxCommands}}, "items": { "$ref": "#/components/schemas/AttestationCommand" } },
              "mode": {{Mode}},
              "chunk_size": { "type": "integer", "minimum": 1, "maximum": {{AttestationLimits.MaxChunkSize}}, "default": {{AttestationLimits.ChunkSize}},
                "description": "Commands that are written together." }
            },
            "additionalProperties": false
          },
          "AttestationDeleteRequest": {
            "type": "object",
            "required": ["ids"],
            "properties": {
              "ids": { "type": "array", "maxItems": {{AttestationLimits.MaxCommands}}, "items": { "type": "string" } },
              "mode": {{Mode}}
            },
            "additionalProperties": false
          },
          "AttestationQueryRequest": {
            "type": "object",
            "required": ["filters"],
            "properties": {
              "filters": { "type": "array", "maxItems": {{AttestationLimits.MaxFilters}}, "items": { "$ref": "#/components/schemas/AttestationFilter" } }
            },
            "additionalProperties": false
          },
          "AttestationFilter": {
            "type": "object",
            "description": "One of the values inside each field that is given, and all of the fields.",
            "properties": {
              "subjects": {{Values}},
              "predicates": {{Values}},
              "contexts": {{Values}},
              "actors": {{Values}},
              "time_start": { "type": "string", "format": "date-time", "description": "At or after." },
              "time_end": { "type": "string", "format": "date-time", "description": "At or before." },
              "limit": { "type": "integer", "minimum": 1, "maximum": {{AttestationLimits.MaxLimit}}, "default": {{AttestationLimits.DefaultLimit}} }
            },
            "additionalProperties": false
          },
          {{Answers}}
        }
        """;

    private static string Answers => $$"""
        "Attestation": {
          "type": "object",
          "required": ["id", "subjects", "predicates", "contexts", "actors", "timestamp", "source", "attributes", "created_at"],
          "properties": {
            "id": { "type": "string", "description": "An ASID." },
            "subjects": { "type": "array", "items": { "type": "string" } },
            "predicates": { "type": "array", "items": { "type": "string" } },
            "contexts": { "type": "array", "items": { "type": "string" } },
            "actors": { "type": "array", "items": { "type": "string" } },
            "timestamp": { "type": "string", "format": "date-time" },
            "source": { "type": "string" },
            "attributes": { "type": "object", "additionalProperties": {} },
            "created_at": { "type": "string", "format": "date-time" }
          }
        },
        "AttestationPage": {
          "type": "object",
          "required": ["attestations", "next_cursor"],
          "properties": {
            "attestations": { "type": "array", "items": { "$ref": "#/components/schemas/Attestation" } },
            "next_cursor": { "type": "string", "nullable": true }
          }
        },
        "AttestationQueryResult": {
          "type": "array",
          "description": "For each filter what it finds, newest first.",
          "items": { "type": "array", "items": { "$ref": "#/components/schemas/Attestation" } }
        },
        "AttestationBatchResult": {{ItemSchemas.Answer(ItemNames.SnakeCase, "AttestationResult", """
        "attestations": { "type": "array", "items": { "$ref": "#/components/schemas/Attestation" } },
        """)}},
        "AttestationDeleteResult": {{ItemSchemas.Answer(ItemNames.SnakeCase, "AttestationResult", """
        "deleted": { "type": "array", "items": { "type": "string" } },
        """)}},
        "AttestationResult": {{ItemSchemas.Result(ItemNames.SnakeCase)}}
        """;

    private static string Values =>
        $$"""{ "type": "array", "maxItems": {{AttestationLimits.MaxFilterValues}}, "items": {{Text(AttestationFilter.MaxLength)}} }""";

    private static string Texts(string description) =>
        $$"""{ "type": "array", "maxItems": {{AttestationReader.MaxElements}}, "items": {{Text(AttestationReader.MaxTextBytes)}}, "description": "{{description}}" }""";

    private static string Text(int maxLength) => $$"""{ "type": "string", "minLength": 1, "maxLength": {{maxLength}} }""";
}
