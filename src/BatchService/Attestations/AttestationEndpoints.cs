using System.Text.Json;
using BatchService.Batching;
using BatchService.Http;
using Microsoft.Extensions.Options;

namespace BatchService.Attestations;

/// <summary>One attestation: create, get; and the list of them.</summary>
internal static class AttestationEndpoints
{
    private static readonly string[] s_listParameters = ["subject", "predicate", "context", "actor", "time_start", "time_end", "cursor", "limit"];

    public static void MapAttestations(this IEndpointRouteBuilder routes)
    {
        routes.AddSchemas(_ => AttestationSchemas.Json);
        routes.MapAttestationBatches();
        routes.MapAttestationQueries();
        routes.MapPost("/attestations", CreateAsync)
            .WithName("PostAttestation")
            .WithBody("AttestationCommand")
            .WithAnswerBody("Attestation", StatusCodes.Status201Created)
            .WithTags("Attestations")
            .WithSummary("Create one attestation")
            .WithAnswer(StatusCodes.Status201Created, "The attestation.")
            .RefuseUnknownQuery()
            .WithWriteHeaders()
            .WithExample("one", AttestationExamples.One, summary: "With an id of its own; sent again it is a duplicate")
            .RequireScope("attestations:write");

        routes.MapGet("/attestations/{id}", GetAsync)
            .WithName("GetAttestation")
            .WithAnswerBody("Attestation", StatusCodes.Status200OK)
            .WithTags("Attestations")
            .WithSummary("Get one attestation")
            .WithAnswer(StatusCodes.Status200OK, "The attestation.")
            .WithPathExample("id", AttestationExamples.Id, "An ASID; this one is created by the example of POST /attestations")
            .RefuseUnknownQuery()
            .RequireScope("attestations:read");

        routes.MapGet("/attestations", ListAsync)
            .WithName("GetAttestations")
            .WithAnswerBody("AttestationPage", StatusCodes.Status200OK)
            .WithTags("Attestations")
            .WithSummary("A page of attestations, newest first")
            .WithAnswer(StatusCodes.Status200OK, "The page, and the cursor of the next one.")
            .WithQueryParameter("subject", "", "Repeated: one of them")
            .WithQueryParameter("predicate", "", "Repeated: one of them")
            .WithQueryParameter("context", "", "Repeated: one of them; case does not matter")
            .WithQueryParameter("actor", "", "Repeated: one of them")
            .WithQueryParameter("time_start", "", "At or after, RFC 3339")
            .WithQueryParameter("time_end", "", "At or before, RFC 3339")
            .WithQueryParameter("cursor", "", "From next_cursor of the page before")
            .WithQueryParameter("limit", "", "1 to 500, default 50")
            .RefuseUnknownQuery(s_listParameters)
            .RequireScope("attestations:read");
    }

    private static async Task CreateAsync(HttpContext context, AttestationBatches batches, IOptions<BatchOptions> limits)
    {
        using var deadline = RequestDeadline.Start(context, limits.Value);
        using var json = await JsonBody.ReadAsync(context.Request, limits.Value.MaxBodyBytes, deadline.Token);
        var (key, keyError) = IdempotencyHeader.Read(context, "POST /attestations", json.Bytes.Span);
        if (new[] { json.Error, keyError }.OfType<Error>().ToList() is { Count: > 0 } errors)
        {
            await Problem.WriteAsync(context, errors, context.RequestAborted);
            return;
        }
        var representation = context.GetPreferences().Minimal != true;
        var request = new ItemBatchRequest(
            new RequestOptions(),
            context.GetCaller(),
            key,
            AttestationFormat.Created,
            Live: null,
            (byte)',',
            answer => ShapeAsync(context, answer));
        // The same way as a batch of one, so that the same is checked and the same written.
        var end = await batches.CreateOneAsync(json.Root, request, deadline.Token);
        await using var results = end.Answer?.Results;
        if (end.Errors.Count > 0)
        {
            await Problem.WriteAsync(context, end.Errors, context.RequestAborted);
            return;
        }
        var stored = end.Stored ?? await ShapeAsync(context, end.Answer!);
        await StoredAnswerWriter.WriteAsync(context, representation || stored.Status >= 400 ? stored : stored with { Body = default }, context.RequestAborted);
    }

    /// <summary>201 and the attestation, or the problem.</summary>
    private static async Task<StoredAnswer> ShapeAsync(HttpContext context, ItemBatchAnswer answer)
    {
        using var body = new MemoryStream();
        if (answer.Aborted)
        {
            await using (var writer = new Utf8JsonWriter(body, WireJson.Writing))
            {
                writer.WriteStartObject();
                Problem.WriteMembers(writer, answer.Problems, Problem.TraceId(context));
                writer.WriteEndObject();
            }
            var summary = ProblemSummary.Of(answer.Problems);
            return new StoredAnswer(summary.Status, Problem.MediaType, body.ToArray(), 0, 1) { RetryAfter = Problem.RetryAfter(summary) };
        }
        await answer.Results.Data.CopyToAsync(body, CancellationToken.None);
        var bytes = body.ToArray();
        using var attestation = JsonDocument.Parse(bytes);
        return StoredAnswer.Json(StatusCodes.Status201Created, bytes) with
        {
            Location = $"/attestations/{attestation.RootElement.GetProperty("id").GetString()}",
        };
    }

    private static async Task GetAsync(
        HttpContext context, AttestationQuery query, AttestationBatches batches, CancellationToken cancellationToken)
    {
        var id = RouteText.Read(context, "id");
        var found = Asid.IsValid(id) ? await query.FindAsync(id, batches.OwnerFor(context.GetCaller()), cancellationToken) : null;
        if (found is null)
        {
            await Problem.WriteAsync(context, [new Error(ErrorCodes.NotFound, "There is no attestation with this id")], cancellationToken);
            return;
        }
        context.Response.ContentType = RequestMedia.Json;
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, WireJson.Writing);
        found.Write(writer);
    }

    private static async Task ListAsync(
        HttpContext context, AttestationQuery query, AttestationBatches batches, CancellationToken cancellationToken)
    {
        var parameters = context.Request.Query;
        var errors = new List<Error>();
        var page = PageQuery.Read(parameters, 2, errors);
        (DateTimeOffset, string)? after = null;
        if (page.After is [var time, var id])
        {
            if (Rfc3339.TryParse(time, out var timestamp))
                after = (timestamp, id);
            else
                errors.Add(PageCursor.BadCursor);
        }
        // One more than the page, to know whether there is a next one.
        var filter = new AttestationFilter(
            Texts("subject"), Texts("predicate"), Texts("context"), Texts("actor"),
            QueryText.ReadTime(parameters, "time_start", errors), QueryText.ReadTime(parameters, "time_end", errors), page.Limit + 1,
            batches.OwnerFor(context.GetCaller()));
        if (errors.Count > 0)
        {
            await Problem.WriteAsync(context, errors, cancellationToken);
            return;
        }
        var found = await query.FindAsync(filter, after, cancellationToken).ToListAsync(cancellationToken);
        context.Response.ContentType = RequestMedia.Json;
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, WireJson.Writing);
        writer.WriteStartObject();
        writer.WriteStartArray("attestations");
        foreach (var attestation in found.Take(page.Limit))
            attestation.Write(writer);
        writer.WriteEndArray();
        writer.WriteString(
            "next_cursor", found.Count > page.Limit ? PageCursor.Write(Rfc3339.Format(found[page.Limit - 1].Timestamp), found[page.Limit - 1].Id) : null);
        writer.WriteEndObject();

        IReadOnlyList<string> Texts(string name)
        {
            var texts = parameters[name].OfType<string>().ToList();
            if (texts.Exists(text => text.Length == 0 || text.Contains('\0', StringComparison.Ordinal)))
                errors.Add(new Error(ErrorCodes.FieldInvalid, $"The query parameter '{name}' must not be empty"));
            return texts;
        }
    }
}
