namespace BatchService.Http;

/// <summary>
/// One log line a request: method, path template, status, duration, and the counts of a batch. Never the path itself, the query or a
/// body: they carry what the client wrote. The trace id is on every line by itself.
/// </summary>
internal sealed partial class RequestLog(RequestDelegate next, TimeProvider time, ILogger<RequestLog> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var start = time.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            Log(context, time.GetElapsedTime(start));
        }
    }

    private void Log(HttpContext context, TimeSpan elapsed)
    {
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
        var method = KnownMethod(context.Request.Method);
        var status = context.Response.StatusCode;
        var headers = context.Response.Headers;
        if ((string?)headers["Batch-Succeeded"] is { } succeeded)
        {
            var failed = (string?)headers["Batch-Failed"];
            var batchId = (string?)headers[RequestAudit.BatchId] ?? "-";
            LogBatch(logger, method, route, status, elapsed.TotalMilliseconds, batchId, succeeded, failed);
            return;
        }

        // Probes come every few seconds and say nothing as long as all is well.
        var level = route is "/healthz" or "/readyz" && status < 400 ? LogLevel.Debug : LogLevel.Information;
        LogRequest(logger, level, method, route ?? "(no route)", status, elapsed.TotalMilliseconds);
    }

    private static string KnownMethod(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsPost(method) || HttpMethods.IsPut(method) || HttpMethods.IsPatch(method)
        || HttpMethods.IsDelete(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) ? method : "(other)";

    [LoggerMessage(Message = "{Method} {Route} answered {Status} in {DurationMs:0.0} ms")]
    private static partial void LogRequest(ILogger logger, LogLevel level, string method, string route, int status, double durationMs);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "{Method} {Route} answered {Status} in {DurationMs:0.0} ms: batch {BatchId}, {Succeeded} succeeded, {Failed} failed")]
    private static partial void LogBatch(
        ILogger logger, string method, string? route, int status, double durationMs, string batchId, string succeeded, string? failed);
}
