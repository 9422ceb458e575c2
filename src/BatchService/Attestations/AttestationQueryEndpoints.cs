using System.Text.Json;
using BatchService.Batching;
using BatchService.Http;
using Microsoft.Extensions.Options;

namespace BatchService.Attestations;

/// <summary><c>POST /attestations/batch/query</c>: several searches in one call.</summary>
internal static class AttestationQueryEndpoints
{
    private const int FlushBytes = 32 * 1024;

    public static void MapAttestationQueries(this IEndpointRouteBuilder routes) => routes
        .MapPost("/attestations/batch/query", RunAsync)
        .WithName("PostAttestationBatchQuery")
        .WithTags("Attestations")
        .WithSummary("Several searches in one call: one array of attestations for each filter")
        .WithAnswer(StatusCodes.Status200OK, "An array of arrays, in the order of the filters.")
        .RefuseUnknownQuery()
        .WithExample("two", AttestationExamples.Query)
        .RequireScope("attestations:read");

    private static async Task RunAsync(
        HttpContext context, AttestationQuery query, AttestationBatches batches, IOptions<BatchOptions> limits)
    {
        using var deadline = RequestDeadline.Start(context, limits.Value);
        using var json = await JsonBody.ReadAsync(context.Request, limits.Value.MaxBodyBytes, deadline.Token);
        var errors = new List<Error>();
        var filters = json.Error is null ? AttestationFilter.ReadAll(json.Root, batches.OwnerFor(context.GetCaller()), errors) : [];
        if (json.Error is { } unreadable)
            errors.Add(unreadable);
        if (errors.Count > 0)
        {
            await Problem.WriteAsync(context, errors, context.RequestAborted);
            return;
        }
        context.Response.ContentType = RequestMedia.Json;
        await using var writer = new Utf8JsonWriter(context.Response.Body, Problem.Writing);
        writer.WriteStartArray();
        foreach (var filter in filters)
        {
            writer.WriteStartArray();
            await foreach (var attestation in query.FindAsync(filter, after: null, deadline.Token))
            {
                attestation.Write(writer);
                if (writer.BytesPending >= FlushBytes)
                    await writer.FlushAsync(deadline.Token);
            }
            writer.WriteEndArray();
        }
        writer.WriteEndArray();
    }
}
