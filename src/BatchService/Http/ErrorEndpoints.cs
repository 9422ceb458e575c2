using BatchService.Batching;

namespace BatchService.Http;

/// <summary>One error code as <c>GET /batch/errors</c> shows it.</summary>
internal sealed record ErrorEntry(string Code, int Status, bool Retryable, string Title, string Cause, string Remedy)
{
    public static ErrorEntry Of(ErrorCode code) => new(code.Name, code.Status, code.Retryable, code.Title, code.Cause, code.Remedy);
}

/// <summary>All error codes.</summary>
internal sealed record ErrorList(IReadOnlyList<ErrorEntry> Errors);

/// <summary><c>GET /batch/errors</c> and the entry of one code, which every problem's <c>type</c> resolves to.</summary>
internal static class ErrorEndpoints
{
    private static readonly ErrorList s_all = new([.. ErrorCodes.All.Select(ErrorEntry.Of)]);

    private static readonly Dictionary<string, ErrorEntry> s_byCode =
        s_all.Errors.ToDictionary(entry => entry.Code, StringComparer.Ordinal);

    public static void MapErrors(this IEndpointRouteBuilder routes)
    {
        routes.AddSchemas(_ => TypeSchemas.Of(HttpJson.Wire.ErrorList, HttpJson.Wire.ErrorEntry));
        var group = routes.MapGroup("/batch/errors").WithTags("Service").OpenToAll().RefuseUnknownQuery();
        group.MapGet("/", () => TypedResults.Json(s_all, HttpJson.Wire.ErrorList))
            .WithName("GetBatchErrors")
            .WithAnswerBody(nameof(ErrorList), StatusCodes.Status200OK)
            .WithSummary("Every error code: status, whether a retry can help, cause, remedy")
            .WithAnswer(StatusCodes.Status200OK, "All codes.");
        group.MapGet("/{code}", Find)
            .WithName("GetBatchError")
            .WithAnswerBody(nameof(ErrorEntry), StatusCodes.Status200OK)
            .WithSummary("One error code")
            .WithAnswer(StatusCodes.Status200OK, "The entry.")
            .WithPathExample("code", ErrorCodes.UniqueViolation.Name);
    }

    private static IResult Find(string code) => s_byCode.TryGetValue(code, out var entry)
        ? TypedResults.Json(entry, HttpJson.Wire.ErrorEntry)
        : Problem.Of(new Error(ErrorCodes.NotFound, "There is no error code of this name; see GET /batch/errors."));
}
