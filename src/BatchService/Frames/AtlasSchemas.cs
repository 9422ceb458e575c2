namespace BatchService.Frames;

/// <summary>The schemas of the atlas in the OpenAPI document.</summary>
internal static class AtlasSchemas
{
    public const string Json = """
        {
          "AtlasPage": {
            "type": "object",
            "required": ["nodes", "edges", "metadata", "next_cursor"],
            "properties": {
              "nodes": { "type": "array", "items": { "$ref": "#/components/schemas/AtlasNode" }, "description": "By frameId; all before the first edge." },
              "edges": { "type": "array", "items": { "$ref": "#/components/schemas/AtlasEdge" }, "description": "By from and to." },
              "metadata": {
                "type": "object",
                "required": ["buildTimestamp", "frameCount", "edgeCount"],
                "properties": {
                  "buildTimestamp": { "type": "string", "format": "date-time", "nullable": true, "description": "Null: never built." },
                  "frameCount": { "type": "integer", "description": "Of the whole graph." },
                  "edgeCount": { "type": "integer", "format": "int64", "description": "Of the whole graph." }
                }
              },
              "next_cursor": { "type": "string", "nullable": true }
            }
          },
          "AtlasNode": {
            "type": "object",
            "required": ["frameId", "timestamp", "moduleScope", "branch"],
            "properties": {
              "frameId": { "type": "string" },
              "timestamp": { "type": "string", "format": "date-time" },
              "moduleScope": { "type": "array", "items": { "type": "string" } },
              "branch": { "type": "string" }
            }
          },
          "AtlasEdge": {
            "type": "object",
            "required": ["from", "to", "weight", "reason"],
            "properties": {
              "from": { "type": "string", "description": "The smaller frameId." },
              "to": { "type": "string" },
              "weight": { "type": "number", "description": "Above 0.1; at most 1." },
              "reason": { "type": "string", "enum": ["module_overlap", "temporal_proximity", "branch_relation"] }
            }
          }
        }
        """;
}
