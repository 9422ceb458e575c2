using BatchService.Http;

namespace BatchService.Frames;

/// <summary>The examples of the frame endpoints in Swagger UI; each runs as it is.</summary>
internal static class FrameExamplesEndpoints
{
    public static TBuilder WithFrameBatchExamples<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder
        .WithExample("two steps of a workflow", """
            {
              "frames": [
                { "id": "step-1", "timestamp": "2026-01-31T10:00:00Z", "branch": "main", "module_scope": ["workflow-engine"],
                  "summary_caption": "Completed step 1", "reference_point": "step 1 done",
                  "status_snapshot": { "next_action": "Proceed to step 2" }, "keywords": ["workflow"] },
                { "id": "step-2", "timestamp": "2026-01-31T10:00:01Z", "branch": "main", "module_scope": ["workflow-engine"],
                  "summary_caption": "Completed step 2", "reference_point": "step 2 done",
                  "status_snapshot": { "next_action": "Workflow complete" } }
              ]
            }
            """)
        .WithExample("an import that reports every invalid frame", """
            {
              "frames": [
                { "id": "import-1", "timestamp": "2026-01-31T11:00:00Z", "branch": "main", "module_scope": [],
                  "summary_caption": "Imported", "reference_point": "import", "status_snapshot": { "next_action": "None" } }
              ],
              "options": { "failFast": false }
            }
            """)
        .WithExample("rebuild the atlas afterwards", """
            {
              "frames": [
                { "id": "atlas-1", "timestamp": "2026-01-31T12:00:00Z", "branch": "main", "module_scope": ["atlas"],
                  "summary_caption": "Imported", "reference_point": "import", "status_snapshot": { "next_action": "Look at the atlas" } }
              ],
              "options": { "onSuccess": ["atlas_rebuild"] }
            }
            """);

    public static TBuilder WithFrameExamples<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder
        .WithExample("a valid frame with an unknown field", """
            { "id": "step-3", "timestamp": "2026-01-31T10:00:02Z", "branch": "main", "module_scope": ["workflow-engine"],
              "summary_caption": "Completed step 3", "reference_point": "step 3 done",
              "status_snapshot": { "next_action": "Workflow complete" }, "mood": "good" }
            """)
        .WithExample("a frame with errors", """{ "id": 3, "timestamp": "yesterday", "keywords": ["a", 1] }""");
}
