namespace BatchService.Frames;

/// <summary>The schemas of frames in the OpenAPI document; a frame's own comes from <see cref="FrameFields"/>.</summary>
internal static class FrameSchemas
{
    public static string Of(FramesOptions limits) => $$"""
        {
          "Frame": {{FrameFields.Frame.ToSchema(isPatch: false).ToJsonString()}},
          "FramePatch": {{FrameFields.Frame.ToSchema(isPatch: true).ToJsonString()}},
          "FrameBatchRequest": {
            "type": "object",
            "required": ["frames"],
            "properties": {
              "frames": { "type": "array", "maxItems": {{limits.MaxBatch}}, "items": { "$ref": "#/components/schemas/Frame" } },
              "options": { "$ref": "#/components/schemas/FrameBatchOptions" }
            },
            "additionalProperties": false
          },
          "FrameBatchOptions": {
            "type": "object",
            "properties": {
              "failFast": { "type": "boolean", "default": true, "description": "Report the first invalid frame only." },
              "preValidate": { "type": "boolean", "default": true, "description": "False: the store refuses invalid frames, in its own words." },
              "onSuccess": {
                "type": "array",
                "maxItems": {{FrameBatchRequest.MaxHooks}},
                "items": {
                  "anyOf": [ { "type": "string", "enum": ["{{FrameHook.AtlasRebuild}}"] }, { "$ref": "#/components/schemas/FrameWebhook" } ]
                }
              }
            },
            "additionalProperties": false
          },
          "FrameWebhook": {
            "type": "object",
            "required": ["webhook"],
            "properties": { "webhook": { "type": "string", "format": "uri", "minLength": 1, "maxLength": {{FrameBatchRequest.MaxUrl}} } },
            "additionalProperties": false
          },
        {{Answers}}
        }
        """;

    private const string Answers = """
          "FrameBatchResult": {
            "type": "object",
            "required": ["success", "count", "validationErrors", "results"],
            "properties": {
              "success": { "type": "boolean" },
              "count": { "type": "integer", "description": "Frames that are stored: all or 0." },
              "validationErrors": {
                "type": "array",
                "items": {
                  "type": "object",
                  "required": ["index", "frameId", "validation"],
                  "properties": {
                    "index": { "type": "integer" },
                    "frameId": { "type": "string" },
                    "validation": { "$ref": "#/components/schemas/FrameValidation" }
                  }
                }
              },
              "storeError": { "type": "string" },
              "results": {
                "type": "array",
                "items": {
                  "type": "object",
                  "required": ["id", "success"],
                  "properties": { "id": { "type": "string" }, "success": { "type": "boolean" }, "error": { "type": "string" } }
                }
              },
              "warnings": {
                "type": "array",
                "description": "What was ignored of frames that are stored.",
                "items": {
                  "type": "object",
                  "required": ["index", "frameId", "warnings"],
                  "properties": {
                    "index": { "type": "integer" },
                    "frameId": { "type": "string" },
                    "warnings": { "type": "array", "items": { "$ref": "#/components/schemas/FrameWarning" } }
                  }
                }
              },
              "hooks": {
                "type": "array",
                "items": {
                  "type": "object",
                  "required": ["name", "status"],
                  "properties": {
                    "name": { "type": "string" },
                    "status": { "type": "string", "enum": ["completed", "scheduled", "failed"] },
                    "error": { "type": "string" }
                  }
                }
              }
            }
          },
          "FrameValidation": {
            "type": "object",
            "required": ["valid", "errors", "warnings"],
            "properties": {
              "valid": { "type": "boolean" },
              "errors": {
                "type": "array",
                "items": {
                  "type": "object",
                  "required": ["path", "message", "code"],
                  "properties": {
                    "path": { "type": "string", "description": "status_snapshot.next_action, keywords[1]" },
                    "message": { "type": "string" },
                    "code": { "type": "string", "enum": ["INVALID_TYPE", "INVALID_VALUE", "TOO_BIG"] }
                  }
                }
              },
              "warnings": { "type": "array", "items": { "$ref": "#/components/schemas/FrameWarning" } }
            }
          },
          "FrameWarning": {
            "type": "object",
            "required": ["path", "message"],
            "properties": { "path": { "type": "string" }, "message": { "type": "string" } }
          },
          "FrameStatistics": {
            "type": "object",
            "required": ["total", "oldest", "newest", "branches", "modules", "users", "byBranch", "byModule", "byUser"],
            "properties": {
              "total": { "type": "integer", "format": "int64" },
              "oldest": { "type": "string", "format": "date-time", "nullable": true },
              "newest": { "type": "string", "format": "date-time", "nullable": true },
              "branches": { "type": "integer", "format": "int64" },
              "modules": { "type": "integer", "format": "int64" },
              "users": { "type": "integer", "format": "int64" },
              "byBranch": { "type": "array", "items": { "$ref": "#/components/schemas/FrameCount" }, "description": "Those with the most frames." },
              "byModule": { "type": "array", "items": { "$ref": "#/components/schemas/FrameCount" } },
              "byUser": { "type": "array", "items": { "$ref": "#/components/schemas/FrameCount" } }
            }
          },
          "FrameCount": {
            "type": "object",
            "required": ["count"],
            "properties": {
              "branch": { "type": "string" },
              "module": { "type": "string" },
              "userId": { "type": "string" },
              "count": { "type": "integer", "format": "int64" }
            }
          },
          "FramePage": {
            "type": "object",
            "required": ["frames", "next_cursor"],
            "properties": {
              "frames": { "type": "array", "items": { "$ref": "#/components/schemas/Frame" } },
              "next_cursor": { "type": "string", "nullable": true }
            }
          }
        """;
}
