using System.Buffers;
using System.Text.Json;
using BatchService.Batching;
using BatchService.Http;
using Npgsql;

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
        await AnswerAsync(context, key, (connection, token) => KeepAsync(connection, accepted, caller, token), cancellationToken);
    }

    /// <summary>Accepts or refuses an order that is not looked for before the key is known to be new, and writes the answer.</summary>
    /// <param name="findAsync">The order, or why there is none.</param>
    public Task AcceptAsync(
        HttpContext context,
        IdempotencyKey? key,
        Func<CancellationToken, Task<(JobOrder? Order, Error? Refusal)>> findAsync,
        CancellationToken cancellationToken)
    {
        var caller = context.GetCaller();
        return AnswerAsync(
            context,
            key,
            async (connection, token) =>
            {
                var (order, refusal) = await findAsync(token);
                if (order is null)
                    return WriteResult.Refused(refusal!);
                var errors = new List<Error>();
                var accepted = await submission.CheckAsync(order, caller, errors, token);
                return accepted is null ? WriteResult.Refused(errors) : await KeepAsync(connection, accepted, caller, token);
            },
            cancellationToken);
    }

    private async Task<WriteResult> KeepAsync(NpgsqlConnection connection, CheckedOrder order, Caller caller, CancellationToken cancellationToken)
    {
        var (job, refusals) = await submission.WriteAsync(connection, order, caller, cancellationToken);
        return job is null ? WriteResult.Refused(refusals) : WriteResult.Done(ToAnswer(job));
    }

    private async Task AnswerAsync(
        HttpContext context, IdempotencyKey? key, Func<NpgsqlConnection, CancellationToken, Task<WriteResult>> write, CancellationToken cancellationToken)
    {
        var result = await writes.RunAsync(key, context.GetCaller(), write, cancellationToken);
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
