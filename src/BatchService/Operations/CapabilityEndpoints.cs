using System.Reflection;
using System.Text.Json.Serialization;
using BatchService.Batching;
using BatchService.Entities;
using BatchService.Frames;
using BatchService.Http;
using BatchService.Jobs;
using BatchService.Notebooks;
using BatchService.Operations;
using Microsoft.Extensions.Options;

namespace BatchService;

/// <summary>What <c>GET /batch/capabilities</c> tells a client before it sends its first batch.</summary>
internal sealed record Capabilities(
    string Version,
    CapabilityLimits Limits,
    IReadOnlyList<string> Actions,
    IReadOnlyList<string> Operators,
    IReadOnlyList<CapabilityMode> Modes,
    IReadOnlyList<string> Preferences,
    IReadOnlyList<string> JobTypes,
    CapabilityMedia MediaTypes,
    IReadOnlyList<string> Encodings,
    IReadOnlyList<string> Features);

/// <summary>The limits in force: those of the options classes of the same names, and of the JSON scanner.</summary>
/// <param name="OperationsPerSecond">Of a caller; 0: not limited.</param>
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
    int MaxNumberExponent,
    int MaxFrames,
    int MaxEntries,
    int MaxRunningJobs,
    int MaxJobItems,
    int MaxAtomicJobItems,
    long MaxJobBytes,
    int OperationsPerSecond,
    int OperationsBurst);

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
        ActionNames.All,
        [.. FilterOperators.ByName.Keys],
        s_modes,
        Preferences.FormsOf(Preferences.OfBatches),
        services.GetRequiredService<Jobs.JobTypes>().Names,
        new CapabilityMedia(
            [RequestMedia.Json, RequestMedia.Ndjson, RequestMedia.Csv], [RequestMedia.Json, RequestMedia.Ndjson, Problem.MediaType]),
        RequestMedia.Encodings,
        s_features);

    private static CapabilityLimits Limits(IServiceProvider services)
    {
        var batch = Options<BatchOptions>(services);
        var jobs = Options<JobOptions>(services);
        var rate = Options<RateLimitOptions>(services);
        return new CapabilityLimits(
            batch.MaxOperations,
            batch.MaxItems,
            batch.MaxRows,
            batch.MaxAffected,
            batch.MaxBodyBytes,
            batch.MaxLineBytes,
            batch.MaxResolvedBytes,
            batch.MaxDependencyDepth,
            batch.DeadlineSeconds,
            batch.ChunkRows,
            JsonScanner.MaxDepth,
            JsonNumber.MaxDigits,
            JsonNumber.MaxExponent,
            Options<FramesOptions>(services).MaxBatch,
            Options<NotebookOptions>(services).MaxBatch,
            jobs.MaxRunningPerCaller,
            jobs.MaxItems,
            jobs.MaxAtomicItems,
            jobs.MaxBytes,
            rate.LimitOf(Options<AuthOptions>(services).Mode),
            rate.Burst);
    }

    private static T Options<T>(IServiceProvider services)
        where T : class => services.GetRequiredService<IOptions<T>>().Value;

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
