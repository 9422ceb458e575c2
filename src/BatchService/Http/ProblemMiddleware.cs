using BatchService.Batching;
using Npgsql;

namespace BatchService.Http;

/// <summary>
/// Sees to it that every failure leaves as a problem: exceptions, and the bare 4xx of routing. Ours instead of UseExceptionHandler,
/// which answers a <see cref="BadHttpRequestException"/> with 500 and logs the client's faults as errors.
/// </summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    private const int ClientClosedRequest = 499;

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception exception) when (context.RequestAborted.IsCancellationRequested && IsBrokenOff(exception))
        {
            // Nobody is there to be answered.
            SetStatusUnlessStarted(context, ClientClosedRequest);
            return;
        }
        catch (Exception exception)
        {
            await AnswerAsync(context, Translate(exception));
            return;
        }

        if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null })
        {
            await Problem.WriteAsync(context, [FrameworkError.Of(context.Response.StatusCode)], context.RequestAborted);
        }
    }

    private static bool IsBrokenOff(Exception exception) => exception is OperationCanceledException or IOException or BatchFaultException;

    private static void SetStatusUnlessStarted(HttpContext context, int status)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.StatusCode = status;
        }
    }

    private static async Task AnswerAsync(HttpContext context, Error error)
    {
        if (context.Response.HasStarted)
        {
            // A cut-off answer must not look like a whole one.
            context.Abort();
            return;
        }

        context.Response.Clear();
        await Problem.WriteAsync(context, [error], context.RequestAborted);
    }

    private Error Translate(Exception exception)
    {
        switch (exception)
        {
            case BatchFaultException fault:
                return fault.Error;
            case BadHttpRequestException bad:
                return FrameworkError.Of(bad);
            case OperationCanceledException:
                // Outside a transaction: while the body was read, or while the catalog was waited for.
                return DatabaseFaults.Deadline().Error;
            case PostgresException failure when DatabaseFaults.From(failure) is BatchFaultException { Error.Code.Retryable: true } passing:
                // Of a read: a lock, a time-out, a full server. What is not retryable here is a defect of ours.
                return passing.Error;
            case var lost when DatabaseFaults.IsConnectionLoss(lost):
                return DatabaseFaults.Unavailable(lost).Error;
            default:
                LogUnexpected(logger, exception);
                return FrameworkError.Of(StatusCodes.Status500InternalServerError);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A request failed with an unexpected exception")]
    private static partial void LogUnexpected(ILogger logger, Exception exception);
}
