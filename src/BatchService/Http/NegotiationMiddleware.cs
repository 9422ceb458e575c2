using BatchService.Batching;
using Microsoft.Net.Http.Headers;

namespace BatchService.Http;

/// <summary>
/// What a request asks of the form of its answer, held against what its endpoint says of itself: an <c>Accept</c> that no answer fits and
/// a preference that would be ignored are refused before anything is read.
/// </summary>
internal static class NegotiationMiddleware
{
    /// <summary>The preferences of a request that has passed <see cref="UseNegotiation"/>: its endpoint honours each of them.</summary>
    public static Preferences GetPreferences(this HttpContext context) => context.Features.Get<Preferences>() ?? Preferences.None;

    public static void UseNegotiation(this WebApplication app) => app.Use(async (context, next) =>
    {
        // Pages, probes and documents are fetched by browsers and balancers, which have preferences of their own.
        if (context.GetEndpoint() is not { } endpoint || endpoint.Metadata.GetMetadata<OpenEndpoint>() is not null)
        {
            await next(context);
            return;
        }

        var honoured = endpoint.Metadata.GetMetadata<HonouredPreferences>()?.Set ?? Preference.Handling;
        var (preferences, unreadable) = Preferences.Parse(context.Request.Headers["Prefer"]);
        List<Error> errors = [.. unreadable, .. preferences.Refusals(honoured)];
        if (RefusalOf(context.Request, endpoint) is { } unacceptable)
        {
            errors.Add(unacceptable);
        }

        if (errors.Count > 0)
        {
            await Problem.WriteAsync(context, errors, context.RequestAborted);
            return;
        }

        context.Features.Set(preferences);
        context.Response.OnStarting(() =>
        {
            // As the endpoint has left them: what it honours in part is confirmed in part.
            context.GetPreferences().Confirm(context.Response, honoured);
            return Task.CompletedTask;
        });
        await next(context);
    });

    private static Error? RefusalOf(HttpRequest request, Endpoint endpoint)
    {
        // What comes at once; 202 where nothing else does.
        var types = endpoint.Metadata.OfType<SuccessAnswer>()
            .Where(answer => answer.Status != StatusCodes.Status204NoContent)
            .GroupBy(answer => answer.Status == StatusCodes.Status202Accepted)
            .MinBy(answers => answers.Key)?
            .SelectMany(answer => answer.MediaTypes)
            .Distinct(StringComparer.Ordinal)
            .ToList();
        if (types is null || !MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted) || accepted.Count == 0)
        {
            return null;
        }

        return types.Exists(type => Takes(accepted, type) || (type == RequestMedia.Json && Takes(accepted, Problem.MediaType)))
            ? null
            : new Error(ErrorCodes.NotAcceptable, $"The endpoint answers in {string.Join(" or ", types)}.");
    }

    /// <summary>The most specific range that a type is in decides; with the quality 0 it excludes it. Parameters (charset) do not matter.</summary>
    private static bool Takes(IList<MediaTypeHeaderValue> accepted, string type)
    {
        var offered = new MediaTypeHeaderValue(type);
        return accepted.Where(range => offered.IsSubsetOf(new MediaTypeHeaderValue(range.MediaType)))
            .OrderBy(range => (range.MatchesAllTypes, range.MatchesAllSubTypes))
            .FirstOrDefault() is { Quality: not 0 };
    }
}
