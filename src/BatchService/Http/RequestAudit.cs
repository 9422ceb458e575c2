using System.Globalization;
using BatchService.Batching;

namespace BatchService.Http;

/// <summary>
/// Opens the audit entry of every request that may write, and tells its id (<c>Batch-Id</c>) and where its time went
/// (<c>Server-Timing</c>).
/// </summary>
internal static class RequestAudit
{
    public const string BatchId = "Batch-Id";

    public static void UseAudit(this WebApplication app)
    {
        var log = new Lazy<AuditLog>(app.Services.GetRequiredService<AuditLog>);
        var metrics = new Lazy<BatchMetrics>(app.Services.GetRequiredService<BatchMetrics>);
        var time = new Lazy<TimeProvider>(app.Services.GetRequiredService<TimeProvider>);
        app.Use(async (context, next) =>
        {
            if (Open(context, time.Value) is not { } entry)
            {
                await next(context);
                return;
            }

            // Seen by everything that the request calls, and by nothing after it.
            AuditEntry.Current = entry;
            context.Response.OnStarting(
                static state =>
                {
                    var (context, entry) = ((HttpContext, AuditEntry))state;
                    SetHeaders(context, entry);
                    return Task.CompletedTask;
                },
                (context, entry));
            try
            {
                await next(context);
            }
            finally
            {
                log.Value.Complete(entry);
                if ((entry.Ended ?? entry.Told) is { } totals)
                    metrics.Value.Ended(totals);
            }
        });
    }

    private static AuditEntry? Open(HttpContext context, TimeProvider time)
    {
        var mayWrite = !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method);
        return mayWrite && context.GetEndpoint() is RouteEndpoint endpoint && context.Features.Get<Caller>() is { } caller
            ? new AuditEntry(caller, $"{context.Request.Method} {endpoint.RoutePattern.RawText}", Problem.TraceId(context), time.GetUtcNow(), time)
            : null;
    }

    private static void SetHeaders(HttpContext context, AuditEntry entry)
    {
        // A replayed answer is another request's work.
        var headers = context.Response.Headers;
        var isBatch = context.GetEndpoint()?.Metadata.GetMetadata<IdempotentWrite>() is not null && !headers.ContainsKey("Idempotent-Replayed");
        if (isBatch || entry.IsRecorded)
            headers[BatchId] = entry.BatchId.ToString();
        // What is sent line by line starts before its end is known.
        if (isBatch && context.Response.ContentType != RequestMedia.Ndjson && entry.Parsed is { } parsed)
            headers["Server-Timing"] = $"parse;dur={Milliseconds(parsed)}, write;dur={Milliseconds(entry.Writing)}, total;dur={Milliseconds(entry.Elapsed)}";
    }

    private static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture);
}
