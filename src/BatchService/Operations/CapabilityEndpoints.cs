using System.Reflection;
using System.Text.Json.Serialization;
using BatchService.Batching;
using BatchService.Entities;
using BatchService.Http;
using Microsoft.Extensions.Options;

namespace BatchService.Operations;

/// <summary>What <c>GET /batch/capabilities</c> tells a client before it sends its first batch.</summary>
internal sealed record Capabilities(
    string Version,
    CapabilityLimits Limits,
    IReadOnlyList<string> Actions,
    IReadOnlyList<string> Operators,
    IReadOnlyList<CapabilityMode> Modes,
    IReadOnlyList<string> Preferences,
    CapabilityMedia MediaTypes,
    IReadOnlyList<string> Encodings,
    IReadOnlyList<string> Features);

/// <summary>The limits in force: <see cref="BatchOptions"/> and those of the JSON scanner.</summary>
internal sealed record CapabilityLimits(
    int MaxOperations,
    int MaxItems,
    int MaxRows,
    int MaxAffected,
    int MaxBodyBytes,
    int MaxLineBytes,
    int MaxResolvedBytes,
    int MaxDependencyDepth,
    int DeadlineSeconds,
    int ChunkRows,
    int MaxJsonDepth,
    int MaxNumberDigits,
    int MaxNumberExponent);

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
        ["dependencies", "references", "validate-only", "upsert", "assert", "optimistic-concurrency", "streaming", "compressed-bodies", "idempotency-keys"];

    public static void MapCapabilities(this IEndpointRouteBuilder routes) => routes
        .MapGet("/batch/capabilities", (IOptions<BatchOptions> options) =>
            TypedResults.Json(Describe(options.Value), CapabilityJson.Default.Capabilities))
        .WithName("GetBatchCapabilities")
        .WithTags("Service")
        .OpenToAll()
        .WithSummary("Limits, actions, operators, modes, preferences and media types")
        .WithAnswer(StatusCodes.Status200OK, "What this installation takes.")
        .RefuseUnknownQuery();

    private static Capabilities Describe(BatchOptions options) => new(
        Version(),
        Limits(options),
        ActionNames.All,
        [.. FilterOperators.ByName.Keys],
        s_modes,
        Preferences.FormsOf(Preferences.OfBatches),
        new CapabilityMedia(
            [RequestMedia.Json, RequestMedia.Ndjson, RequestMedia.Csv], [RequestMedia.Json, RequestMedia.Ndjson, Problem.MediaType]),
        RequestMedia.Encodings,
        s_features);

    private static CapabilityLimits Limits(BatchOptions options) => new(
        options.MaxOperations,
        options.MaxItems,
        options.MaxRows,
        options.MaxAffected,
        options.MaxBodyBytes,
        options.MaxLineBytes,
        options.MaxResolvedBytes,
        options.MaxDependencyDepth,
        options.DeadlineSeconds,
        options.ChunkRows,
        JsonScanner.MaxDepth,
        JsonNumber.MaxDigits,
        JsonNumber.MaxExponent);

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
