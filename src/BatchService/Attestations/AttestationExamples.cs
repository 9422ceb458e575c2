namespace BatchService.Attestations;

/// <summary>Request bodies that run as they are, for the OpenAPI document.</summary>
internal static class AttestationExamples
{
    /// <summary>What <see cref="One"/> creates, the example of GET shows, and <see cref="Delete"/> deletes.</summary>
    public const string Id = "AS00USER100LIKESSL00WORKA0000BOB";

    public const string One = $$"""
        {
          "id": "{{Id}}",
          "subjects": ["user_123"],
          "predicates": ["likes"],
          "contexts": ["work"],
          "actors": ["bob"],
          "attributes": { "note": "from Swagger UI" }
        }
        """;

    public const string Batch = """
        {
          "commands": [
            { "subjects": ["4f2a91c"], "predicates": ["ingested"], "contexts": ["ixgest-git"], "attributes": { "author": "ada" } },
            { "subjects": ["src/main.cs"], "predicates": ["read"], "contexts": ["code-domain"] }
          ],
          "mode": "atomic"
        }
        """;

    public const string Stream = """
        {"subjects":["pr-17"],"predicates":["approved"],"contexts":["github"]}
        {"subjects":["pr-17"],"predicates":["merged"],"contexts":["github"]}
        """;

    public const string Query = """
        {
          "filters": [
            { "subjects": ["user_123"], "limit": 10 },
            { "predicates": ["ingested", "read"], "contexts": ["IXGEST-git"], "limit": 10 }
          ]
        }
        """;

    public const string Delete = $$"""
        { "ids": ["{{Id}}"], "mode": "best_effort" }
        """;
}
