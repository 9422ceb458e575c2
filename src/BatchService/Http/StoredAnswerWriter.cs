using BatchService.Batching;

namespace BatchService.Http;

/// <summary>Sends an answer that exists as bytes.</summary>
internal static class StoredAnswerWriter
{
    private const string Succeeded = "Batch-Succeeded";
    private const string Failed = "Batch-Failed";

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
        response.Headers[Succeeded] = succeeded.ToString();
        response.Headers[Failed] = failed.ToString();
    }

    /// <summary>At the start of an answer: says that the counts come behind the body, unless they are there. HTTP/1.1 cannot do that here.</summary>
    public static void AnnounceCounts(HttpResponse response)
    {
        if (response.Headers.ContainsKey(Succeeded) || !response.SupportsTrailers())
            return;
        response.DeclareTrailer(Succeeded);
        response.DeclareTrailer(Failed);
    }

    /// <summary>At the end of an answer: sends the counts that were announced.</summary>
    public static void AppendCounts(HttpResponse response, long succeeded, long failed)
    {
        if (response.Headers.ContainsKey(Succeeded) || !response.SupportsTrailers())
            return;
        response.AppendTrailer(Succeeded, succeeded.ToString());
        response.AppendTrailer(Failed, failed.ToString());
    }
}
