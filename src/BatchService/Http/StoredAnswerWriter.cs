using BatchService.Batching;

namespace BatchService.Http;

/// <summary>Sends an answer that exists as bytes.</summary>
internal static class StoredAnswerWriter
{
    public static async Task WriteAsync(HttpContext context, StoredAnswer answer, CancellationToken cancellationToken)
    {
        var response = context.Response;
        response.StatusCode = answer.Status;
        SetCounts(response, answer.Succeeded, answer.Failed);
        if (answer.Location is not null)
            response.Headers.Location = answer.Location;
        if (answer.RetryAfter is not null)
            response.Headers.RetryAfter = answer.RetryAfter;
        if (answer.IsReplay)
            response.Headers["Idempotent-Replayed"] = "true";

        // Kestrel resets the connection when anything, be it nothing, is written into a 204.
        if (answer.Status == StatusCodes.Status204NoContent)
            return;
        response.ContentType = answer.ContentType;
        response.ContentLength = answer.Body.Length;
        await response.Body.WriteAsync(answer.Body, cancellationToken);
    }

    /// <summary>So that a log line or a proxy sees how a batch went without reading its body.</summary>
    public static void SetCounts(HttpResponse response, long succeeded, long failed)
    {
        response.Headers["Batch-Succeeded"] = succeeded.ToString();
        response.Headers["Batch-Failed"] = failed.ToString();
    }
}
