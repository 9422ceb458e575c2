namespace BatchService.Jobs;

/// <summary>Request bodies that run as they are, for the OpenAPI document.</summary>
internal static class JobExamples
{
    public const string Attestations = """
        {
          "job_type": "attestations",
          "items": [
            { "subjects": ["file-1"], "predicates": ["imported"] },
            { "subjects": ["file-2"], "predicates": ["imported"] }
          ],
          "metadata": { "note": "from Swagger UI" }
        }
        """;

    public const string AttestationLines = """
        {"subjects":["file-3"],"predicates":["imported"]}
        {"subjects":["file-4"],"predicates":["imported"]}
        """;

    /// <summary>Of the job type query, which takes records of CSV.</summary>
    public const string QuestionTable = """
        content_hash,device_id
        sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08,
        ,phone-1
        """;

    /// <summary>An id that no job has.</summary>
    public const string UnknownId = "00000000-0000-7000-8000-000000000000";
}
