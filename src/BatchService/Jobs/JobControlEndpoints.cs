using System.Text.Json;
using BatchService.Batching;
using BatchService.Http;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.Jobs;

/// <summary>Cancel, retry and delete.</summary>
internal static class JobControlEndpoints
{
    public static void MapJobControl(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/batch/jobs/{id}/cancel", CancelAsync)
            .WithName("PostBatchJobCancel")
            .WithAnswerBody("BatchJob", StatusCodes.Status200OK)
            .WithTags("Jobs")
            .WithSummary("Stop a job; when this is answered, nothing more of it is written")
            .WithAnswer(StatusCodes.Status200OK, "The job, canceled.")
            .WithPathExample("id", JobExamples.UnknownId)
            .RefuseUnknownQuery(JobCallerEndpoints.UserId)
            .WithWriteHeaders()
            .WithUserId()
            .RequireScope("jobs:write");
        routes.MapPost("/batch/jobs/{id}/retry", RetryAsync)
            .WithName("PostBatchJobRetry")
            .WithBody("JobRetryRequest")
            .WithAnswerBody("JobAccepted", StatusCodes.Status202Accepted)
            .WithTags("Jobs")
            .WithSummary("A new job with the failed or the unprocessed items of a finished one")
            .WithAnswer(StatusCodes.Status202Accepted, "Accepted; Location is where the new job can be watched.")
            .WithPathExample("id", JobExamples.UnknownId)
            .WithExample("failed", """{ "only": "failed" }""")
            .RefuseUnknownQuery(JobCallerEndpoints.UserId)
            .WithBatchHeaders()
            .WithUserId()
            .RequireScope("jobs:write");
        routes.MapDelete("/batch/jobs/{id}", DeleteAsync)
            .WithName("DeleteBatchJob")
            .WithTags("Jobs")
            .WithSummary("Remove a finished job with its items and results")
            .WithAnswer(StatusCodes.Status204NoContent, "Removed.")
            .WithPathExample("id", JobExamples.UnknownId)
            .RefuseUnknownQuery(JobCallerEndpoints.UserId)
            .WithUserId()
            .RequireScope("jobs:delete");
    }

    private static Task CancelAsync(HttpContext context, string id, WriteCall call, JobEnding ending) =>
        call.RunAsync(context, $"POST /batch/jobs/{id}/cancel", async (connection, token) =>
        {
            var (job, refusal) = await FindAsync();
            if (job is null)
                return WriteResult.Refused(refusal!);
            if (job.HasEnded || !await ending.CancelAsync(connection, job.JobId, token))
                return WriteResult.Refused(new Error(ErrorCodes.JobStateConflict, "The job has ended already"));
            var (canceled, _) = await FindAsync();
            return WriteResult.Done(StoredAnswer.Json(StatusCodes.Status200OK, canceled!.ToJson()));

            Task<(JobStatus? Job, Error? Refusal)> FindAsync() =>
                JobEndpoints.FindAsync(id, new NpgsqlCommand { Connection = connection }, context.GetCaller(), token);
        });

    private static async Task RetryAsync(
        HttpContext context,
        string id,
        NpgsqlDataSource database,
        JobItemReader reader,
        JobDoorEndpoints door,
        IOptions<BatchOptions> limits)
    {
        using var deadline = RequestDeadline.Start(context, limits.Value);
        using var json = await JsonBody.ReadAsync(context.Request, limits.Value.MaxBodyBytes, deadline.Token);
        var errors = new List<Error>();
        if (json.Error is { } unreadable)
            errors.Add(unreadable);
        var only = errors.Count == 0 ? ReadOnly(json.Root, errors) : "";
        var (key, keyError) = IdempotencyHeader.Read(context, $"POST /batch/jobs/{id}/retry", json.Bytes.Span);
        if (keyError is not null)
            errors.Add(keyError);
        if (errors.Count > 0)
        {
            await Problem.WriteAsync(context, errors, context.RequestAborted);
            return;
        }
        var statuses = only == "failed" ? [JobItemStatus.Failed] : JobItemStatus.Unprocessed;
        await door.AcceptAsync(context, key, OrderAsync, deadline.Token);

        async Task<(JobOrder? Order, Error? Refusal)> OrderAsync(CancellationToken token)
        {
            var (job, refusal) = await JobEndpoints.FindAsync(id, database.CreateCommand(), context.GetCaller(), token);
            if (job is null)
                return (null, refusal);
            if (!job.HasEnded)
                return (null, new Error(ErrorCodes.JobStateConflict, "The job has not ended yet"));
            if (!await reader.ReadAsync(job, statuses, -1, token).AnyAsync(token))
                return (null, new Error(ErrorCodes.JobStateConflict, $"The job has no {only} items"));
            return (await JobRetry.OrderAsync(job, statuses, reader, database, token), null);
        }
    }

    private static string ReadOnly(JsonElement body, List<Error> errors)
    {
        var fields = new FieldReader(body, "", errors);
        var only = fields.Choice("only", required: true, "failed", "unprocessed");
        fields.RefuseOthers();
        return only ?? "";
    }

    private static Task DeleteAsync(HttpContext context, string id, WriteCall call) =>
        call.RunAsync(context, $"DELETE /batch/jobs/{id}", async (connection, token) =>
        {
            var (job, refusal) = await JobEndpoints.FindAsync(id, new NpgsqlCommand { Connection = connection }, context.GetCaller(), token);
            if (job is null)
                return WriteResult.Refused(refusal!);
            return await JobRemoval.RemoveAsync(connection, job.JobId, token)
                ? WriteResult.Done(new StoredAnswer(StatusCodes.Status204NoContent, RequestMedia.Json, default, 0, 0))
                : WriteResult.Refused(new Error(ErrorCodes.JobStateConflict, "The job has not ended yet; cancel it first"));
        });
}
