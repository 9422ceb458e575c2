using System.Reflection;
using BatchService.Http;

namespace BatchService.Jobs;

/// <summary>
/// <c>/jobs</c>: a page that shows the caller's jobs. Its files are part of the service, so that they are there however it is started; they
/// hold no data, and what the page shows it asks for with the caller's own token.
/// </summary>
internal static class JobPageEndpoints
{
    /// <summary>Scripts, styles and calls of the service itself, and nothing else.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void MapJobPage(this IEndpointRouteBuilder routes)
    {
        Map("/jobs", "jobs.html", "text/html; charset=utf-8");
        Map("/jobs/jobs.js", "jobs.js", "text/javascript; charset=utf-8");
        Map("/jobs/jobs.css", "jobs.css", "text/css; charset=utf-8");

        void Map(string path, string file, string mediaType)
        {
            var content = Read(file);
            routes.MapGet(path, (HttpContext context, CancellationToken cancellationToken) =>
                {
                    context.Response.Headers.ContentSecurityPolicy = Policy;
                    context.Response.ContentType = mediaType;
                    return context.Response.Body.WriteAsync(content, cancellationToken).AsTask();
                })
                .OpenToAll()
                .ExcludeFromDescription();
        }
    }

    private static byte[] Read(string file)
    {
        var assembly = Assembly.GetExecutingAssembly();
        using var resource = assembly.GetManifestResourceStream($"BatchService.Jobs.Page.{file}")
            ?? throw new InvalidOperationException($"The service was built without '{file}'.");
        using var content = new MemoryStream();
        resource.CopyTo(content);
        return content.ToArray();
    }
}
