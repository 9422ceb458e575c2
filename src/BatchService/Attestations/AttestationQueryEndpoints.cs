using System.Text.Json;
using BatchService.Batching;
using BatchService.Http;
using BatchService.Jobs;
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
        .WithAnswerBody("JobAccepted", StatusCodes.Status202Accepted)
        .WithTags("Attestations")
        .WithSummary("Several searches in one call: one array of attestations for each filter")
        .WithAnswer(StatusCodes.Status200OK, "An array of arrays, in the order of the filters.")
        .WithAnswer(StatusCodes.Status202Accepted, "Prefer: respond-async: accepted as a job, which Location names.")
        .RefuseUnknownQuery()
        .WithCounts()
        .Honours(Preference.RespondAsync | Preference.Wait)
        .WithExample("two", AttestationExamples.Query)
        .RequireScope("attestations:read");

    private static async Task RunAsync(
        HttpContext context, AttestationQuery query, AttestationBatches batches, JobDoorEndpoints door, IOptions<BatchOptions> limits)
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
        // Nothing to do is done at once.
        if (context.GetPreferences().RespondAsync && filters.Count > 0)
        {
            var (key, keyError) = IdempotencyHeader.Read(context, "POST /attestations/batch/query", json.Bytes.Span);
            if (keyError is not null)
                errors.Add(keyError);
            var items = new ItemSource.Json(json.Root.GetProperty("filters"u8));
            await door.AcceptAsync(context, JobOrder.Of(AttestationQueryJobType.TypeName, [], items, "/filters"), key, errors, deadline.Token);
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
        await using var writer = new Utf8JsonWriter(body, WireJson.Writing);
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
