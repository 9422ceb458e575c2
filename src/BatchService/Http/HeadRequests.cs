using Microsoft.AspNetCore.Http.Features;

namespace BatchService.Http;

/// <summary>Answers HEAD wherever GET is answered: the same status and headers, and no body.</summary>
internal static class HeadRequests
{
    /// <summary>Before routing, which knows no HEAD.</summary>
    public static void UseHead(this WebApplication app) => app.Use(async (context, next) =>
    {
        if (IsEndless(context.Request))
        {
            await next(context);
            return;
        }

        context.Response.OnStarting(static state => TellAllow((HttpResponse)state), context.Response);
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await next(context);
            return;
        }

        context.Request.Method = HttpMethods.Get;
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(
            Stream.Null, context.Features.GetRequiredFeature<IHttpResponseBodyFeature>()));
        try
        {
            await next(context);
        }
        finally
        {
            context.Request.Method = HttpMethods.Head;
        }
    });

    /// <summary>Server-sent events: who asks for their head would wait for their end.</summary>
    private static bool IsEndless(HttpRequest request) => request.Path.Value?.EndsWith("/events", StringComparison.Ordinal) == true;

    private static Task TellAllow(HttpResponse response)
    {
        var allowed = response.Headers.Allow.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (allowed.Contains(HttpMethods.Get, StringComparer.Ordinal) && !allowed.Contains(HttpMethods.Head, StringComparer.Ordinal))
        {
            response.Headers.Allow = string.Join(", ", [.. allowed, HttpMethods.Head]);
        }

        return Task.CompletedTask;
    }
}
