using System.Reflection;
using System.Text.Json.Serialization;
using BatchService.Batching;
using BatchService.Entities;
using BatchService.Http;
using BatchService.Jobs;
using Microsoft.Extensions.Options;

namespace BatchService.Operations;

/// <summary>What <c>GET /batch/capabilities</c> tells a client before it sends its first batch.</summary>
internal sealed record Capabilities(
    string Version,
    IReadOnlyDictionary<string, long> Limits,
    IReadOnlyList<string> Actions,
    IReadOnlyList<string> Operators,
    IReadOnlyList<CapabilityMode> Modes,
    IReadOnlyList<string> Preferences,
    IReadOnlyList<string> JobTypes,
    CapabilityMedia MediaTypes,
    IReadOnlyList<string> Encodings,
    IReadOnlyList<string> Features);

/// <summary>One combination of options and what it means.</summary>
internal sealed record CapabilityMode(
    bool Atomic,
    [property: JsonPropertyName("continueOnError")] bool ContinueOnError,
    string Meaning);

/// <summary>What is read and what is answered.</summary>
internal sealed record CapabilityMedia(IReadOnlyList<string> Request, IReadOnlyList<string> Response);

/// <summary><c>GET /batch/capabilities</c>.</summary>
internal static class CapabilityEndpoints
{
    private static readonly CapabilityMode[] s_modes =
    [
        new(true, false, "One transaction; the first failure stops and rolls back everything."),
        new(true, true, "One transaction; everything runs so that all failures are found; any failure rolls back everything."),
        new(false, false, "Each item commits on its own; the first failure stops; what was committed stays."),
        new(false, true, "Each item commits on its own; the others go on; those that depend on a failed one are skipped."),
    ];

    private static readonly string[] s_features =
        ["dependencies", "references", "validate-only", "upsert", "assert", "optimistic-concurrency", "streaming", "compressed-bodies", "idempotency-keys", "jobs", "webhooks"];

    public static void MapCapabilities(this IEndpointRouteBuilder routes)
    {
        routes.AddSchemas(_ => TypeSchemas.Of(CapabilityJson.Default.Capabilities));
        routes.MapGet("/batch/capabilities", (IServiceProvider services) => TypedResults.Json(Describe(services), CapabilityJson.Default.Capabilities))
            .WithName("GetBatchCapabilities")
            .WithAnswerBody(nameof(Capabilities), StatusCodes.Status200OK)
            .WithTags("Service")
            .OpenToAll()
            .WithSummary("Limits, actions, operators, modes, preferences and media types")
            .WithAnswer(StatusCodes.Status200OK, "What this installation takes.")
            .RefuseUnknownQuery();
    }

    private static Capabilities Describe(IServiceProvider services) => new(
        Version(),
        Limits(services),
        EntityAccess.ActionNames,
        [.. FilterOperators.ByName.Keys],
        s_modes,
        Preferences.FormsOf(Preferences.OfBatches),
        services.GetRequiredService<JobTypes>().Names,
        new CapabilityMedia(
            [RequestMedia.Json, RequestMedia.Ndjson, RequestMedia.Csv], [RequestMedia.Json, RequestMedia.Ndjson, Problem.MediaType]),
        RequestMedia.Encodings,
        s_features);

    private static Dictionary<string, long> Limits(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<BatchOptions>>().Value;
        (string, long)[] own =
        [
            ("max_operations", options.MaxOperations),
            ("max_items", options.MaxItems),
            ("max_rows", options.MaxRows),
            ("max_affected", options.MaxAffected),
            ("max_body_bytes", options.MaxBodyBytes),
            ("max_line_bytes", options.MaxLineBytes),
            ("max_resolved_bytes", options.MaxResolvedBytes),
            ("max_dependency_depth", options.MaxDependencyDepth),
            ("deadline_seconds", options.DeadlineSeconds),
            ("chunk_rows", options.ChunkRows),
            ("max_json_depth", JsonScanner.MaxDepth),
            ("max_number_digits", JsonNumber.MaxDigits),
            ("max_number_exponent", JsonNumber.MaxExponent),
        ];
        return own.Concat(services.GetServices<ShownLimits>().SelectMany(limits => limits.Values))
            .ToDictionary(limit => limit.Item1, limit => limit.Item2, StringComparer.Ordinal);
    }

    private static string Version()
    {
        var version = typeof(CapabilityEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>();
        return version?.InformationalVersion.Split('+')[0] ?? "0";
    }
}

/// <summary>The serializer of <see cref="Capabilities"/>.</summary>
[JsonSerializable(typeof(Capabilities))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class CapabilityJson : JsonSerializerContext;
