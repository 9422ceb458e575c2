using BatchService.Batching;
using BatchService.Http;

namespace BatchService.Notebooks;

/// <summary>Looking through a notebook: browse, search, observe.</summary>
internal static class BrowseEndpoints
{
    private const string Tag = "Entries";
    private const int MaxAuthorLength = 255;

    private static readonly string[] Filters =
        ["topic_prefix", "claims_status", "author", "sequence_min", "sequence_max", "fragment_of", "has_friction_above", "needs_review"];

    public static void MapBrowsing(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/notebooks/{id}/browse", BrowseAsync)
            .WithName("GetNotebookBrowse").WithTags(Tag).WithAnswerBody("EntryPage", StatusCodes.Status200OK).WithSummary("Entries by what they are, newest first")
            .RequireScope("notebooks:read").RefuseUnknownQuery([.. Filters, "cursor", "limit"]).WithNotebookId().WithFilters().WithPaging()
            .WithAnswer(StatusCodes.Status200OK, "A page of entries.");
        routes.MapGet("/notebooks/{id}/search", SearchAsync)
            .WithName("GetNotebookSearch").WithTags(Tag).WithAnswerBody("EntrySearchPage", StatusCodes.Status200OK).WithSummary("Full-text search in topics and contents, best first, with snippets")
            .RequireScope("notebooks:read").RefuseUnknownQuery([.. Filters, "query", "cursor", "limit"]).WithNotebookId()
            .WithQueryParameter("query", "token refr", $"Words, or the beginnings of words, that must all occur; at most {SearchQuery.MaxWords}", required: true)
            .WithFilters().WithPaging()
            .WithAnswer(StatusCodes.Status200OK, "A page of entries; in the snippets, hits stand between **.");
        routes.MapGet("/notebooks/{id}/observe", ObserveAsync)
            .WithName("GetNotebookObserve").WithTags(Tag).WithAnswerBody("EntryChangePage", StatusCodes.Status200OK).WithSummary("What was written behind a position, in causal order")
            .RequireScope("notebooks:read").RefuseUnknownQuery("since", "cursor", "limit").WithNotebookId()
            .WithQueryParameter("since", "0", "The position that is known already; 0 without it").WithPaging()
            .WithAnswer(StatusCodes.Status200OK, "A page of changes, and where the notebook stands.");
    }

    private static TBuilder WithFilters<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder
        .WithQueryParameter("topic_prefix", "auth/", "The topic begins with this")
        .WithQueryParameter("claims_status", "pending", $"One of {string.Join(", ", ClaimsStatuses.All)}")
        .WithQueryParameter("author", "", "The author of record: the subject of the caller who wrote it")
        .WithQueryParameter("sequence_min", "1", "The lowest causal position")
        .WithQueryParameter("sequence_max", "1000", "The highest causal position")
        .WithQueryParameter("fragment_of", "", "Fragments of the entry with this entry_id")
        .WithQueryParameter("has_friction_above", "", "max_friction is greater than this number, 0.2 for example")
        .WithQueryParameter("needs_review", "false", "true or false");

    private static async Task<IResult> BrowseAsync(HttpContext context, EntryPages pages, string id, CancellationToken cancellationToken)
    {
        var errors = new List<Error>();
        var filter = ReadFilter(context.Request.Query, errors);
        return ReadPage(context, id, keys: 1, errors) is { } ask
            ? Answer(await pages.BrowseAsync(ask, filter, cancellationToken))
            : Problem.Of(errors);
    }

    private static async Task<IResult> SearchAsync(HttpContext context, EntryPages pages, string id, CancellationToken cancellationToken)
    {
        var errors = new List<Error>();
        var query = context.Request.Query;
        var text = QueryText.Read(query, "query", SearchQuery.MaxLength, errors);
        if (text is null && errors.Count == 0)
            errors.Add(new Error(ErrorCodes.FieldMissing, "The query parameter 'query' is missing"));
        if (text is not null && SearchQuery.CountWords(text) > SearchQuery.MaxWords)
            errors.Add(new Error(ErrorCodes.FieldInvalid, $"The query parameter 'query' must not have more than {SearchQuery.MaxWords} words"));
        var filter = ReadFilter(query, errors);
        return ReadPage(context, id, keys: 2, errors) is { } ask
            ? Answer(await pages.SearchAsync(ask, SearchQuery.ToTsQuery(text!), filter, cancellationToken))
            : Problem.Of(errors);
    }

    private static async Task<IResult> ObserveAsync(HttpContext context, EntryPages pages, string id, CancellationToken cancellationToken)
    {
        var errors = new List<Error>();
        var since = QueryText.ReadInteger(context.Request.Query, "since", errors) ?? 0;
        return ReadPage(context, id, keys: 1, errors) is { } ask
            ? Answer(await pages.ObserveAsync(ask, since, cancellationToken))
            : Problem.Of(errors);
    }

    private static EntryFilter ReadFilter(IQueryCollection query, List<Error> errors) => new(
        QueryText.Read(query, "topic_prefix", EntryDraft.MaxTopicLength, errors),
        QueryText.ReadChoice(query, "claims_status", ClaimsStatuses.All, errors),
        QueryText.Read(query, "author", MaxAuthorLength, errors),
        QueryText.ReadInteger(query, "sequence_min", errors),
        QueryText.ReadInteger(query, "sequence_max", errors),
        QueryText.ReadId(query, "fragment_of", errors),
        QueryText.ReadNumber(query, "has_friction_above", errors),
        QueryText.ReadFlag(query, "needs_review", errors));

    /// <summary>Null when there are errors: parameters first, then an address that is none.</summary>
    private static PageAsk? ReadPage(HttpContext context, string id, int keys, List<Error> errors)
    {
        var page = PageQuery.Read(context.Request.Query, keys, errors);
        if (errors.Count == 0 && !NotebookRoute.TryRead(id, out _))
            errors.Add(NotebookErrors.NothingHere);
        return errors.Count > 0 ? null : new PageAsk(Guid.Parse(id), context.GetCaller().Subject, page.Limit, page.After);
    }

    private static IResult Answer((ReadOnlyMemory<byte> Json, Error? Error) read) =>
        read.Error is null ? Results.Bytes(read.Json, RequestMedia.Json) : Problem.Of(read.Error);
}
