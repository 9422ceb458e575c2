using System.Globalization;
using BatchService.Batching;
using BatchService.Http;
using Microsoft.Extensions.Options;

namespace BatchService.Notebooks;

/// <summary>The work queue of a notebook, for workers outside.</summary>
internal static class JobQueueEndpoints
{
    private const string Tag = "Work queue";
    private const int MaxWaitSeconds = 60;

    public static void MapJobQueue(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/notebooks/{id}/jobs/next", NextAsync)
            .WithName("GetNotebookJobsNext").WithTags(Tag).WithSummary("Claim the oldest job; waits for one if asked to")
            .WithAnswerBody("NotebookJob", StatusCodes.Status200OK)
            .RequireScope("notebooks:write").RefuseUnknownQuery("worker_id", "type", "wait").WithNotebookId()
            .WithQueryParameter("worker_id", "robot-1", "Who works on it", required: true)
            .WithQueryParameter("type", "", $"One of {string.Join(", ", NotebookJobTypes.All)}; any without it")
            .WithQueryParameter("wait", "", $"Seconds to wait for a job, at most {MaxWaitSeconds}")
            .Honours(Preference.Wait)
            .WithoutHead()
            .WithAnswer(StatusCodes.Status200OK, "The job; it is the worker's until its lease runs out.")
            .WithAnswer(StatusCodes.Status204NoContent, "There is none.");
        routes.MapPost("/notebooks/{id}/jobs", AddAsync)
            .WithName("PostNotebookJob").WithTags(Tag).WithSummary("Add a job of any type")
            .WithBody("NotebookJobRequest")
            .WithAnswerBody("NotebookJob", StatusCodes.Status201Created)
            .RequireScope("notebooks:write").RefuseUnknownQuery().WithWriteHeaders().WithNotebookId()
            .WithExample("classify an entry", $$$"""
                { "job_type": "CLASSIFY_TOPIC", "payload": { "entry_id": "{{{NotebookRoute.ExampleEntry}}}" } }
                """)
            .WithAnswer(StatusCodes.Status201Created, "The job.");
        routes.MapGet("/notebooks/{id}/jobs/stats", StatsAsync)
            .WithName("GetNotebookJobsStats").WithTags(Tag).WithSummary("How many jobs there are, per type and status")
            .WithAnswerBody("NotebookJobStatistics", StatusCodes.Status200OK)
            .RequireScope("notebooks:read").RefuseUnknownQuery().WithNotebookId()
            .WithAnswer(StatusCodes.Status200OK, "The counts, zeros included.");
        routes.MapPost("/notebooks/{id}/jobs/retry-failed", RetryAsync)
            .WithName("PostNotebookJobsRetryFailed").WithTags(Tag).WithSummary("Try every failed job again, with all of its retries")
            .WithAnswerBody("NotebookJobsRetried", StatusCodes.Status200OK)
            .RequireScope("notebooks:write").RefuseUnknownQuery().WithWriteHeaders().WithNotebookId()
            .WithAnswer(StatusCodes.Status200OK, "How many.");
        MapAnswers(routes);
    }

    private static void MapAnswers(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/notebooks/{id}/jobs/{jobId}/complete", CompleteAsync)
            .WithName("PostNotebookJobComplete").WithTags(Tag).WithSummary("Complete a job; its result is applied in the same transaction")
            .WithBody("JobCompletion")
            .WithAnswerBody("NotebookJobEnd", StatusCodes.Status200OK)
            .RequireScope("notebooks:write").RefuseUnknownQuery().WithWriteHeaders().WithNotebookId().WithJobId()
            .WithExample("claims of a DISTILL_CLAIMS job", """
                { "worker_id": "robot-1", "result": { "claims": [ { "text": "OAuth tokens validated before jobs", "confidence": 0.95 } ] } }
                """)
            .WithExample("result of a COMPARE_CLAIMS job", """
                { "worker_id": "robot-1", "result": { "entropy": 0.4, "friction": 0.1, "contradictions": [] } }
                """)
            .WithExample("result of a CLASSIFY_TOPIC job", """
                { "worker_id": "robot-1", "result": { "primary_topic": "auth/tokens" } }
                """)
            .WithAnswer(StatusCodes.Status200OK, "It is completed.");
        routes.MapPost("/notebooks/{id}/jobs/{jobId}/fail", FailAsync)
            .WithName("PostNotebookJobFail").WithTags(Tag).WithSummary("Give a job back; it is tried again while retries are left")
            .WithBody("JobFailure")
            .WithAnswerBody("NotebookJobEnd", StatusCodes.Status200OK)
            .RequireScope("notebooks:write").RefuseUnknownQuery().WithWriteHeaders().WithNotebookId().WithJobId()
            .WithExample("a reason", """{ "worker_id": "robot-1", "error": "model timed out" }""")
            .WithAnswer(StatusCodes.Status200OK, "It is pending again, or failed.");
    }

    private static TBuilder WithJobId<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithPathExample("jobId", "019aa5c0-0000-7000-8000-000000000021", "The id of a job that the worker has claimed");

    private static async Task NextAsync(
        HttpContext context, NotebookJobQueue queue, IHostApplicationLifetime host, string id, CancellationToken cancellationToken)
    {
        var errors = new List<Error>();
        var query = context.Request.Query;
        var worker = QueryText.Read(query, "worker_id", WorkerBody.MaxWorkerLength, errors);
        if (worker is null && errors.Count == 0)
            errors.Add(new Error(ErrorCodes.FieldMissing, "The query parameter 'worker_id' is missing"));
        var type = QueryText.ReadChoice(query, "type", NotebookJobTypes.All, errors);
        var wait = ReadWait(query, context.GetPreferences(), errors);
        if (errors.Count > 0 || !NotebookRoute.TryRead(id, out var notebook))
        {
            await Problem.WriteAsync(context, errors.Count > 0 ? errors : [NotebookErrors.NothingHere], cancellationToken);
            return;
        }

        var ask = new JobAsk(notebook, worker!, type);
        var result = await queue.NextAsync(ask, context.GetCaller(), wait, host.ApplicationStopping, cancellationToken);
        if (result.Answer is { Status: StatusCodes.Status204NoContent })
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        else if (result.Answer is { } job)
            await Results.Bytes(job.Body, RequestMedia.Json).ExecuteAsync(context);
        else
            await Problem.WriteAsync(context, result.Errors, cancellationToken);
    }

    private static TimeSpan ReadWait(IQueryCollection query, Preferences preferences, List<Error> errors)
    {
        if (!query.TryGetValue("wait", out var text))
            return TimeSpan.FromSeconds(Math.Min(preferences.Wait?.TotalSeconds ?? 0, MaxWaitSeconds));
        if (int.TryParse(text.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= MaxWaitSeconds)
            return TimeSpan.FromSeconds(seconds);
        errors.Add(new Error(ErrorCodes.FieldInvalid, $"The query parameter 'wait' must be an integer from 0 to {MaxWaitSeconds}"));
        return TimeSpan.Zero;
    }

    private static async Task AddAsync(
        HttpContext context, WriteCall calls, TimeProvider time, IOptions<NotebookOptions> options, NotebookJobSignal signal, string id)
    {
        await NotebookRoute.RunAsync(
            context,
            calls,
            id,
            NewJob.Parse,
            (notebook, job, connection, token) => job.WriteAsync(
                connection, notebook, context.GetCaller().Subject, options.Value.MaxRetries, time.GetUtcNow(), token));
        signal.Announce(id);
    }

    private static async Task<IResult> StatsAsync(HttpContext context, JobStats stats, string id, CancellationToken cancellationToken)
    {
        if (!NotebookRoute.TryRead(id, out var notebook))
            return Problem.Of(NotebookErrors.NothingHere);
        var (json, error) = await stats.CountAsync(notebook, context.GetCaller().Subject, cancellationToken);
        return error is null ? Results.Bytes(json, RequestMedia.Json) : Problem.Of(error);
    }

    private static async Task RetryAsync(HttpContext context, WriteCall calls, NotebookJobSignal signal, string id)
    {
        await NotebookRoute.RunAsync(
            context,
            calls,
            id,
            (notebook, connection, token) => JobStats.RetryFailedAsync(connection, notebook, context.GetCaller().Subject, token));
        signal.Announce(id);
    }

    private static async Task CompleteAsync(
        HttpContext context,
        WriteCall calls,
        TimeProvider time,
        IOptions<NotebookOptions> options,
        NotebookJobSignal signal,
        string id,
        string jobId)
    {
        if (!NotebookRoute.TryRead(jobId, out var job))
        {
            await Problem.WriteAsync(context, [NotebookErrors.NothingHere], context.RequestAborted);
            return;
        }

        await NotebookRoute.RunAsync(
            context,
            calls,
            id,
            WorkerBody.ParseComplete,
            (notebook, body, connection, token) => JobCompletion.CompleteAsync(
                connection,
                new JobRef(notebook, job, context.GetCaller().Subject, body.WorkerId),
                body.Result,
                options.Value.MaxRetries,
                time,
                token));
        signal.Announce(id);
    }

    private static async Task FailAsync(HttpContext context, WriteCall calls, NotebookJobSignal signal, string id, string jobId)
    {
        if (!NotebookRoute.TryRead(jobId, out var job))
        {
            await Problem.WriteAsync(context, [NotebookErrors.NothingHere], context.RequestAborted);
            return;
        }

        await NotebookRoute.RunAsync(
            context,
            calls,
            id,
            WorkerBody.ParseFail,
            (notebook, body, connection, token) => JobCompletion.FailAsync(
                connection, new JobRef(notebook, job, context.GetCaller().Subject, body.WorkerId), body.Reason, token));
        signal.Announce(id);
    }
}
