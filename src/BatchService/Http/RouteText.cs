using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Patterns;

namespace BatchService.Http;

/// <summary>
/// Texts in an address, decoded exactly once. Routing leaves %2F as it is, so that its values do not tell an encoded slash from the text
/// %2F, which is sent as %252F; and both are allowed in what our texts name.
/// </summary>
internal static class RouteText
{
    /// <summary>The text of a route parameter that is a whole segment.</summary>
    public static string Read(HttpContext context, string name)
    {
        var routed = context.GetRouteValue(name) as string ?? "";
        return FindSegment(context, name) is { } sent && Uri.UnescapeDataString(sent) is var text && Folded(text) == Folded(routed) ? text : routed;
    }

    /// <summary>
    /// The segment as it was sent; null when there is none, as in a request that came over no connection. Counted from the end, because a
    /// target may begin with a host or a base path.
    /// </summary>
    private static string? FindSegment(HttpContext context, string name)
    {
        if (context.GetEndpoint() is not RouteEndpoint { RoutePattern.PathSegments: var pattern })
        {
            return null;
        }

        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];
        var sent = (target.EndsWith('/') ? target[..^1] : target).Split('/');
        var fromEnd = pattern.Count - Enumerable.Range(0, pattern.Count).FirstOrDefault(place => IsNamed(pattern[place], name), pattern.Count);
        return fromEnd > 0 && fromEnd < sent.Length ? sent[^fromEnd] : null;
    }

    private static bool IsNamed(RoutePatternPathSegment segment, string name) =>
        segment.IsSimple && segment.Parts[0] is RoutePatternParameterPart parameter && parameter.Name == name;

    /// <summary>Equal for what routing and we make of one segment; not so where the server has taken dot segments out of the path.</summary>
    private static string Folded(string text) => text.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
}
