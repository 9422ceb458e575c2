using BatchService.Batching;

namespace BatchService.Http;

/// <summary>The <c>?cursor=&amp;limit=</c> of a list.</summary>
/// <param name="After">The sort keys behind which the page begins; null: the first page.</param>
internal sealed record PageQuery(int Limit, IReadOnlyList<string>? After)
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 500;

    /// <summary>Reads both parameters.</summary>
    /// <param name="keys">How many sort keys a cursor of this list has.</param>
    public static PageQuery Read(IQueryCollection query, int keys, List<Error> errors, int maxLimit = MaxLimit, int defaultLimit = DefaultLimit)
    {
        var limit = QueryText.ReadInteger(query, "limit", 1, maxLimit, errors) ?? defaultLimit;
        IReadOnlyList<string>? after = null;
        if (query.TryGetValue("cursor", out var cursor) && (after = PageCursor.Read(cursor.ToString(), keys)) is null)
            errors.Add(PageCursor.BadCursor);

        return new PageQuery(limit, after);
    }
}
