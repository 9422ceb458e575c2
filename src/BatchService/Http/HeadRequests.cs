using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Template;

namespace BatchService.Http;

/// <summary>
/// Answers HEAD wherever GET is answered: the same status and headers, and no body. Except where it would not be safe or would not end
/// (<see cref="EndpointMetadata.WithoutHead"/>): that is a 405.
/// </summary>
internal static class HeadRequests
{
    /// <summary>Before routing, which knows no HEAD.</summary>
    public static void UseHead(this WebApplication app)
    {
        // Read with the first request that needs them: endpoints are mapped after this.
        var withoutHead = new Lazy<IReadOnlyList<TemplateMatcher>>(() => FindWithoutHead(app));
        app.Use(async (context, next) =>
        {
            context.Response.OnStarting(() => TellAllowAsync(context, withoutHead));
            if (!HttpMethods.IsHead(context.Request.Method) || IsAny(withoutHead.Value, context.Request))
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
    }

    private static List<TemplateMatcher> FindWithoutHead(IEndpointRouteBuilder app) =>
    [
        .. app.DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<NoHead>() is not null)
            .Select(endpoint => new TemplateMatcher(TemplateParser.Parse(endpoint.RoutePattern.RawText!), [])),
    ];

    private static bool IsAny(IReadOnlyList<TemplateMatcher> addresses, HttpRequest request) =>
        addresses.Any(address => address.TryMatch(request.Path, []));

    private static Task TellAllowAsync(HttpContext context, Lazy<IReadOnlyList<TemplateMatcher>> withoutHead)
    {
        var headers = context.Response.Headers;
        var allowed = headers.Allow.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (allowed.Contains(HttpMethods.Get, StringComparer.Ordinal)
            && !allowed.Contains(HttpMethods.Head, StringComparer.Ordinal)
            && !IsAny(withoutHead.Value, context.Request))
        {
            headers.Allow = string.Join(", ", [.. allowed, HttpMethods.Head]);
        }

        return Task.CompletedTask;
    }
}
