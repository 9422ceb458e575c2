using BatchService.Batching;
using Microsoft.AspNetCore.Http.Features;

namespace BatchService.Http;

/// <summary>The body of a call that takes none: nothing, or an object without fields, which some clients always send.</summary>
internal static class EmptyBody
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>What is wrong with the body; nothing when it is as it should be.</summary>
    public static async Task<IReadOnlyList<Error>> CheckAsync(HttpContext context)
    {
        if (context.Request.ContentLength == 0 || context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            return [];
        }

        using var body = await JsonBody.ReadAsync(context.Request, MaxBytes, context.RequestAborted);
        if (body.Error is { } error)
        {
            return [error];
        }

        var errors = new List<Error>();
        new FieldReader(body.Root, "", errors).RefuseOthers();
        return errors;
    }
}
