using System.Text.Json;
using BatchService.Batching;
using BatchService.Http;
using Microsoft.Extensions.Options;

namespace BatchService.Attestations;

/// <summary><c>POST /attestations/batch/query</c>: several searches in one call.</summary>
internal static class AttestationQueryEndpoints
{
    public static void MapAttestationQueries(this IEndpointRouteBuilder routes) => routes
        .MapPost("/attestations/batch/query", RunAsync)
        .WithName("PostAttestationBatchQuery")
        .WithBody("AttestationQueryRequest")
        .WithAnswerBody("AttestationQueryResult", StatusCodes.Status200OK)
        .WithTags("Attestations")
        .WithSummary("Several searches in one call: one array of attestations for each filter")
        .WithAnswer(StatusCodes.Status200OK, "An array of arrays, in the order of the filters.")
        .RefuseUnknownQuery()
        .WithCounts()
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
        StoredAnswerWriter.SetCounts(context.Response, filters.Count, failed: 0);
        await WriteAsync(context.Response, query, filters, deadline.Token);
    }

    private static async Task WriteAsync(
        HttpResponse response, AttestationQuery query, IReadOnlyList<AttestationFilter> filters, CancellationToken cancellationToken)
    {
        var body = new HeldBody(response);
        await using var writer = new Utf8JsonWriter(body, Problem.Writing);
        writer.WriteStartArray();
        foreach (var filter in filters)
        {
            writer.WriteStartArray();
            await foreach (var attestation in query.FindAsync(filter, after: null, cancellationToken))
            {
                attestation.Write(writer);
                await writer.FlushAsync(cancellationToken);
                await body.SendIfFullAsync(cancellationToken);
            }
            writer.WriteEndArray();
        }
        writer.WriteEndArray();
        await writer.FlushAsync(cancellationToken);
        await body.SendAsync(cancellationToken);
    }
}
