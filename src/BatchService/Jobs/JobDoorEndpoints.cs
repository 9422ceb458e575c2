using System.Buffers;
using System.Text.Json;
using BatchService.Batching;
using BatchService.Http;

namespace BatchService.Jobs;

/// <summary>The way into the jobs for every endpoint: checks an order, keeps it, and answers 202 with the place where it can be watched.</summary>
internal sealed class JobDoorEndpoints(JobSubmission submission, AtomicWrite writes)
{
    /// <summary>Accepts or refuses an order, and writes the answer.</summary>
    /// <param name="errors">What was found to be wrong before.</param>
    public async Task AcceptAsync(
        HttpContext context, JobOrder order, IdempotencyKey? key, List<Error> errors, CancellationToken cancellationToken)
    {
        var caller = context.GetCaller();
        var accepted = await submission.CheckAsync(order, caller, errors, cancellationToken);
        if (accepted is null || errors.Count > 0)
        {
            await Problem.WriteAsync(context, errors, context.RequestAborted);
            return;
        }
        var result = await writes.RunAsync(
            key,
            caller,
            async (connection, token) =>
            {
                var (job, refusals) = await submission.WriteAsync(connection, accepted, caller, token);
                return job is null ? WriteResult.Refused(refusals) : WriteResult.Done(ToAnswer(job));
            },
            cancellationToken);
        if (result.Answer is { } answer)
            await StoredAnswerWriter.WriteAsync(context, answer, context.RequestAborted);
        else
            await Problem.WriteAsync(context, result.Errors, context.RequestAborted);
    }

    private static StoredAnswer ToAnswer(AcceptedJob job)
    {
        var body = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            writer.WriteString("batch_job_id", job.JobId);
            writer.WriteString("status", "pending");
            writer.WriteNumber("total_items", job.TotalItems);
            writer.WriteEndObject();
        }
        return new StoredAnswer(StatusCodes.Status202Accepted, RequestMedia.Json, body.WrittenMemory, 0, 0) { Location = $"/batch/jobs/{job.JobId}" };
    }
}
