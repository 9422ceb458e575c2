using System.Globalization;
using System.Text.Json;
using BatchService.Batching;
using BatchService.Http;
using Npgsql;

namespace BatchService.Jobs;

/// <summary><c>GET /batch/jobs/{id}/items</c>: an array, as the seed's clients read it; the next page is in <c>Link</c>.</summary>
internal static class JobItemsEndpoints
{
    public static void MapJobItems(this IEndpointRouteBuilder routes) => routes
        .MapGet("/batch/jobs/{id}/items", ListAsync)
        .WithName("GetBatchJobItems")
        .WithAnswerBody("BatchJobItems", StatusCodes.Status200OK)
        .WithTags("Jobs")
        .WithSummary("The items of a job and what became of them, by index")
        .WithAnswer(StatusCodes.Status200OK, "An array of items; the header Link names the next page.")
        .WithPathExample("id", JobExamples.UnknownId, "From the answer of the submission")
        .WithQueryParameter("status", "", string.Join(", ", JobItemStatus.All))
        .WithQueryParameter("cursor", "", "The item_index behind which the page begins")
        .WithQueryParameter("limit", "", "1 to 500, default 50")
        .RefuseUnknownQuery("status", "cursor", "limit", JobCallerEndpoints.UserId)
        .WithUserId()
        .RequireScope("jobs:read");

    private static async Task ListAsync(
        HttpContext context, string id, NpgsqlDataSource database, JobItemReader reader, CancellationToken cancellationToken)
    {
        var query = context.Request.Query;
        var errors = new List<Error>();
        var limit = QueryText.ReadInteger(query, "limit", 1, PageQuery.MaxLimit, errors) ?? PageQuery.DefaultLimit;
        var after = QueryText.ReadInteger(query, "cursor", 0, int.MaxValue, errors) ?? -1;
        var status = QueryText.ReadChoice(query, "status", JobItemStatus.All, errors);
        if (errors.Count > 0)
        {
            await Problem.WriteAsync(context, errors, cancellationToken);
            return;
        }
        if (await JobEndpoints.FindAsync(context, id, database, cancellationToken) is not { } job)
            return;
        var header = await reader.ReadHeaderAsync(job.JobId, cancellationToken);
        var items = await reader.ReadAsync(job, status is null ? null : [status], after, cancellationToken)
            .Take(limit + 1)
            .ToListAsync(cancellationToken);
        if (items.Count > limit)
            context.Response.Headers.Link = NextPage(context.Request, items[limit - 1].Index);
        context.Response.ContentType = RequestMedia.Json;
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, WireJson.Writing);
        writer.WriteStartArray();
        foreach (var item in items.Take(limit))
            item.Write(writer, header);
        writer.WriteEndArray();
    }

    private static string NextPage(HttpRequest request, int last)
    {
        var others = request.Query.Where(parameter => parameter.Key != "cursor");
        var query = QueryString.Create(others).Add("cursor", last.ToString(CultureInfo.InvariantCulture));
        return $"<{request.Path}{query}>; rel=\"next\"";
    }
}
