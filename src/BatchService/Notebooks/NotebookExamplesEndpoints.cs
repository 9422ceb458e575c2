using BatchService.Http;

namespace BatchService.Notebooks;

/// <summary>The longer examples of notebooks in Swagger UI; each runs as it is on a notebook of one's own.</summary>
internal static class NotebookExamplesEndpoints
{
    public static TBuilder WithBatchExamples<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder
        .WithExample("two entries", """
            {
              "entries": [
                { "content": "OAuth tokens are validated before jobs start.", "topic": "auth/tokens" },
                { "content": "Validation uses the refresh endpoint.", "topic": "auth/tokens", "content_type": "text/markdown" }
              ],
              "author": "bulk-import"
            }
            """)
        .WithExample("an entry, a fragment of it and a reference to it", $$"""
            {
              "entries": [
                { "entry_id": "{{NotebookRoute.ExampleEntry}}", "content": "How tokens work, in two parts.", "topic": "index/topic/auth" },
                { "content": "Part one: tokens are validated.", "topic": "auth/tokens",
                  "fragment_of": "{{NotebookRoute.ExampleEntry}}", "fragment_index": 0 },
                { "content": "See how tokens work.", "references": ["{{NotebookRoute.ExampleEntry}}"] }
              ]
            }
            """);
}
