using System.Text;
using System.Text.Json;
using BatchService.Batching;
using BatchService.Http;
using Npgsql;

namespace BatchService.Jobs;

/// <summary><c>GET /batch/jobs/{id}/events</c>: server-sent events, <c>progress</c> while it runs and <c>completed</c> at its end.</summary>
internal static class JobEventsEndpoints
{
    /// <summary>Without a word for so long, proxies take a connection for dead.</summary>
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(15);

    public static void MapJobEvents(this IEndpointRouteBuilder routes) => routes
        .MapGet("/batch/jobs/{id}/events", FollowAsync)
        .WithName("GetBatchJobEvents")
        .WithTags("Jobs")
        .WithSummary("Follow a job by server-sent events")
        .WithAnswer(StatusCodes.Status200OK, "Events with the job as data.", "text/event-stream")
        .WithPathExample("id", JobExamples.UnknownId)
        .RefuseUnknownQuery(JobCallerEndpoints.UserId)
        .WithUserId()
        .WithoutHead()
        .RequireScope("jobs:read");

    private static async Task FollowAsync(
        HttpContext context, string id, NpgsqlDataSource database, JobWatch watch, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await JobEndpoints.FindAsync(context, id, database, cancellationToken) is not { } job)
            return;
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        var (told, spoken) = ((-1, ""), time.GetUtcNow());
        await foreach (var status in watch.FollowAsync(job.JobId, context.GetCaller().Subject, cancellationToken))
        {
            if (status.HasEnded || told != (status.Processed, status.Status))
                await context.Response.WriteAsync(ToEvent(status), cancellationToken);
            else if (time.GetUtcNow() - spoken > s_silence)
                await context.Response.WriteAsync(": still there\n\n", cancellationToken);
            else
                continue;
            (told, spoken) = ((status.Processed, status.Status), time.GetUtcNow());
            await context.Response.Body.FlushAsync(cancellationToken);
        }
    }

    private static string ToEvent(JobStatus status)
    {
        using var data = new MemoryStream();
        using (var writer = new Utf8JsonWriter(data, WireJson.Writing))
            status.Write(writer);
        return $"event: {(status.HasEnded ? "completed" : "progress")}\ndata: {Encoding.UTF8.GetString(data.ToArray())}\n\n";
    }
}
