using System.Text.Json;
using BatchService.Batching;
using BatchService.Http;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.Jobs;

/// <summary>Jobs on the wire: status and list here, the rest in the files beside.</summary>
internal static class JobEndpoints
{
    private static readonly string[] s_statuses = ["pending", "processing", "completed", "failed", "canceled"];

    public static void MapJobs(this IEndpointRouteBuilder routes)
    {
        routes.AddSchemas(services => JobSchemas.Of(
            services.GetRequiredService<JobTypes>(), services.GetRequiredService<IOptions<JobOptions>>().Value));
        routes.MapJobSubmission();
        routes.MapJobItems();
        routes.MapJobResults();
        routes.MapJobEvents();
        routes.MapJobControl();
        routes.MapJobPage();
        routes.MapGet("/batch/jobs", ListAsync)
            .WithName("GetBatchJobs")
            .WithAnswerBody("BatchJobPage", StatusCodes.Status200OK)
            .WithTags("Jobs")
            .WithSummary("The caller's jobs, newest first")
            .WithAnswer(StatusCodes.Status200OK, "A page of jobs.")
            .WithQueryParameter("status", "", string.Join(", ", s_statuses))
            .WithQueryParameter("job_type", "", "Only jobs of this type")
            .WithQueryParameter("cursor", "", "From next_cursor of the page before")
            .WithQueryParameter("limit", "", "1 to 500, default 50")
            .RefuseUnknownQuery("status", "job_type", "cursor", "limit", JobCallerEndpoints.UserId)
            .WithUserId()
            .RequireScope("jobs:read");
        routes.MapGet("/batch/jobs/{id}", GetAsync)
            .WithName("GetBatchJob")
            .WithAnswerBody("BatchJob", StatusCodes.Status200OK)
            .WithTags("Jobs")
            .WithSummary("How a job stands; Prefer: wait=20 waits for its end")
            .Honours(Preference.Wait)
            .WithAnswer(StatusCodes.Status200OK, "The job.")
            .WithPathExample("id", JobExamples.UnknownId, "From the answer of the submission")
            .RefuseUnknownQuery(JobCallerEndpoints.UserId)
            .WithUserId()
            .RequireScope("jobs:read");
    }

    /// <summary>The job, or null when the answer is written: 404 for what is not there or another caller's, 410 for what was.</summary>
    public static async Task<JobStatus?> FindAsync(HttpContext context, string id, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var (job, refusal) = await FindAsync(id, database.CreateCommand(), context.GetCaller(), cancellationToken);
        if (refusal is not null)
            await Problem.WriteAsync(context, [refusal], cancellationToken);
        return job;
    }

    /// <summary>The same for who answers later: the job, or why there is none.</summary>
    /// <param name="command">An empty command of the connection or data source to ask.</param>
    public static async Task<(JobStatus? Job, Error? Refusal)> FindAsync(
        string id, NpgsqlCommand command, Caller caller, CancellationToken cancellationToken)
    {
        var job = Guid.TryParseExact(id, "D", out var jobId)
            ? await JobStatusQuery.FindAsync(command, jobId, caller.Subject, cancellationToken)
            : null;
        return job switch
        {
            null => (null, NotFound),
            { IsExpired: true } => (null, Expired),
            _ => (job, null),
        };
    }

    public static Error NotFound { get; } = new(ErrorCodes.NotFound, "Batch job not found");

    public static Error Expired { get; } = new(ErrorCodes.JobExpired, "The finished job was kept for its time and removed");

    /// <summary>Answers with the job as it stands.</summary>
    public static async Task WriteAsync(HttpContext context, JobStatus job)
    {
        context.Response.ContentType = RequestMedia.Json;
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, WireJson.Writing);
        job.Write(writer);
    }

    private static async Task GetAsync(
        HttpContext context, string id, NpgsqlDataSource database, JobWatch watch, CancellationToken cancellationToken)
    {
        if (await FindAsync(context, id, database, cancellationToken) is not { } job)
            return;
        if (CapWait(context) is { } wait && !job.HasEnded)
            job = await watch.WaitForEndAsync(job, context.GetCaller().Subject, wait, cancellationToken);
        await WriteAsync(context, job);
    }

    /// <summary>How long is waited, which is what <c>Preference-Applied</c> is to say.</summary>
    private static TimeSpan? CapWait(HttpContext context)
    {
        var preferences = context.GetPreferences();
        if (preferences.Wait > JobWatch.Longest)
            context.Features.Set(preferences with { Wait = JobWatch.Longest });
        return context.GetPreferences().Wait;
    }

    private static async Task ListAsync(HttpContext context, NpgsqlDataSource database, JobTypes types, CancellationToken cancellationToken)
    {
        var query = context.Request.Query;
        var errors = new List<Error>();
        var page = PageQuery.Read(query, 1, errors);
        var status = QueryText.ReadChoice(query, "status", s_statuses, errors);
        var type = QueryText.ReadChoice(query, "job_type", types.Names, errors);
        Guid? before = null;
        if (page.After is [var last])
        {
            if (Guid.TryParseExact(last, "D", out var id))
                before = id;
            else
                errors.Add(PageCursor.BadCursor);
        }
        if (errors.Count > 0)
        {
            await Problem.WriteAsync(context, errors, cancellationToken);
            return;
        }
        var jobs = await JobStatusQuery.ListAsync(
            database, context.GetCaller().Subject, status, type, before, page.Limit + 1, cancellationToken);
        context.Response.ContentType = RequestMedia.Json;
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, WireJson.Writing);
        writer.WriteStartObject();
        writer.WriteStartArray("jobs");
        foreach (var job in jobs.Take(page.Limit))
            job.Write(writer);
        writer.WriteEndArray();
        writer.WriteString("next_cursor", jobs.Count > page.Limit ? PageCursor.Write(jobs[page.Limit - 1].JobId.ToString()) : null);
        writer.WriteEndObject();
    }
}
