using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using BatchService.Batching;
using BatchService.Http;
using Microsoft.Extensions.Options;

namespace BatchService.Jobs;

/// <summary><c>POST /batch/jobs</c>: JSON, NDJSON or CSV.</summary>
internal static class JobSubmitEndpoints
{
    private const string Route = "POST /batch/jobs";
    private const string Metadata = "metadata";

    /// <summary>What the query string of a stream may say of the job; everything else is an option of its type.</summary>
    private static readonly string[] s_ofTheJob = ["job_type", "callback_url", Metadata, JobCallerEndpoints.UserId];

    public static void MapJobSubmission(this IEndpointRouteBuilder routes) => routes
        .MapPost("/batch/jobs", SubmitAsync)
        .WithName("PostBatchJob")
        .WithBody("JobSubmission")
        .WithAnswerBody("JobAccepted", StatusCodes.Status202Accepted)
        .WithTags("Jobs")
        .WithSummary("Run a batch of any kind in the background, exactly once")
        .WithAnswer(StatusCodes.Status202Accepted, "Accepted; Location is where the job can be watched.")
        .WithQueryParameter("job_type", "", "NDJSON and CSV: as the field of the JSON body; options of the type are query parameters, too")
        .WithQueryParameter(Metadata, "", "NDJSON and CSV: a JSON object that the job carries")
        .WithQueryParameter("callback_url", "", "NDJSON and CSV: where a webhook tells of the end")
        .WithWriteHeaders()
        .Honours(Preference.RespondAsync)
        .WithUserId()
        .WithExample("attestations", JobExamples.Attestations, summary: "Two attestations")
        .WithExample("attestations", JobExamples.AttestationLines, RequestMedia.Ndjson, "Fill in the query parameter job_type: attestations")
        .WithExample("questions", JobExamples.QuestionTable, RequestMedia.Csv, "Fill in the query parameter job_type: query")
        .RequireScope("jobs:write");

    private static async Task SubmitAsync(
        HttpContext context, JobDoorEndpoints door, IOptions<JobOptions> options, IOptions<BatchOptions> limits, CancellationToken cancellationToken)
    {
        var (kind, mediaError) = RequestMedia.Read(context.Request, MediaKind.Json | MediaKind.Ndjson | MediaKind.Csv);
        if (mediaError is not null)
            await Problem.WriteAsync(context, [mediaError], cancellationToken);
        else if (kind == MediaKind.Json)
            await SubmitJsonAsync(context, door, options.Value, limits.Value);
        else
            await SubmitStreamAsync(context, kind, door, options.Value, limits.Value, cancellationToken);
    }

    private static async Task SubmitJsonAsync(HttpContext context, JobDoorEndpoints door, JobOptions options, BatchOptions limits)
    {
        using var deadline = RequestDeadline.Start(context, limits);
        using var json = await JsonBody.ReadAsync(context.Request, (int)Math.Min(limits.MaxBodyBytes, options.MaxBytes), deadline.Token);
        if (json.Error is { } unreadable)
        {
            await Problem.WriteAsync(context, [unreadable], context.RequestAborted);
            return;
        }
        var errors = new List<Error>(QueryParameters.Check(context.Request.Query, JobCallerEndpoints.UserId));
        var order = JobOrder.Read(json.Root, options.MaxItems, errors);
        var (key, keyError) = IdempotencyHeader.Read(context, Route, json.Bytes.Span);
        if (keyError is not null)
            errors.Add(keyError);
        await door.AcceptAsync(context, order, key, errors, deadline.Token);
    }

    /// <summary>The whole body first: a job is accepted with all of its items or not at all.</summary>
    private static async Task SubmitStreamAsync(
        HttpContext context, MediaKind kind, JobDoorEndpoints door, JobOptions options, BatchOptions limits, CancellationToken cancellationToken)
    {
        var query = context.Request.Query;
        var errors = new List<Error>();
        if (query["job_type"].Count == 0)
            errors.Add(new Error(ErrorCodes.FieldMissing, "The query parameter 'job_type' is missing"));
        else if (query["job_type"].ToString().Length == 0)
            errors.Add(new Error(ErrorCodes.FieldInvalid, "The query parameter 'job_type' must not be empty"));
        var metadata = ReadMetadata(query, errors);
        using var stream = await ItemStream.OpenAsync(
            context, Route, kind, again: true, "/items", limits.MaxLineBytes, options.MaxBytes, cancellationToken);
        if (stream.Error is { } unreadable)
        {
            await Problem.WriteAsync(context, [unreadable], cancellationToken);
            return;
        }
        var source = (ItemSource.Streamed)stream.Source!;
        var order = new JobOrder(
            query["job_type"].ToString(),
            ToOptions(query),
            metadata,
            query["callback_url"].Count > 0 ? query["callback_url"].ToString() : null,
            source.Header,
            source.Open);
        await door.AcceptAsync(context, order, stream.Key, errors, cancellationToken);
    }

    /// <summary>As strict as the field of a JSON body.</summary>
    private static JsonElement ReadMetadata(IQueryCollection query, List<Error> errors)
    {
        if (query[Metadata].Count == 0)
            return default;
        var json = Encoding.UTF8.GetBytes(query[Metadata].ToString());
        var metadata = JsonScanner.Scan(json) is null ? JsonElement.Parse(json) : default;
        if (metadata.ValueKind != JsonValueKind.Object)
            errors.Add(new Error(ErrorCodes.FieldInvalid, $"The query parameter '{Metadata}' must be a JSON object"));
        else if (json.Length > JobOrder.MaxMetadataBytes)
            errors.Add(new Error(ErrorCodes.FieldInvalid, $"The query parameter '{Metadata}' {JobOrder.TooLongMetadata}"));
        return metadata;
    }

    private static JsonElement ToOptions(IQueryCollection query)
    {
        var options = new JsonObject();
        foreach (var (name, values) in query.Where(parameter => !s_ofTheJob.Contains(parameter.Key, StringComparer.Ordinal)))
        {
            options[name] = values.ToString() switch
            {
                "true" => true,
                "false" => false,
                var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
                var text => (JsonNode)text,
            };
        }
        return JsonSerializer.SerializeToElement(options);
    }
}
