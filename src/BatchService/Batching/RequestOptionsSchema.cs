using System.Text.Json;

namespace BatchService.Batching;

/// <summary>The options that <see cref="RequestOptionsParser"/> reads, as properties of a schema of the OpenAPI document.</summary>
internal static class RequestOptionsSchema
{
    public static string Properties(RequestOptions defaults) => $$"""
        "atomic": { "type": "boolean", "default": {{Json(defaults.Atomic)}},
          "description": "All items in one transaction; false: each for itself." },
        "continueOnError": { "type": "boolean", "default": {{Json(defaults.ContinueOnError)}},
          "description": "Atomic: find every failure. Otherwise: go on with what does not depend on a failed item." },
        "validateOnly": { "type": "string", "enum": ["static", "execute"],
          "description": "A dry run: static checks what needs no data, execute runs everything and rolls it back. Not for jobs." },
        "return": { "type": "string", "enum": ["representation", "minimal"], "default": "representation",
          "description": "minimal leaves out what was written." },
        "results": { "type": "string", "enum": ["all", "failed"], "default": "all",
          "description": "failed lists only what did not complete." }
        """;

    private static string Json(bool value) => JsonSerializer.Serialize(value);
}
