using BatchService.Batching;

namespace BatchService.Http;

/// <summary>Refuses query parameters that an endpoint does not know: nothing that was asked for is ignored.</summary>
internal static class QueryParameters
{
    private const int MaxNameLength = 64;

    /// <summary>One error for each unknown parameter; names are compared exactly, as field names are.</summary>
    public static IReadOnlyList<Error> Check(IQueryCollection query, params IReadOnlyList<string> known) =>
    [
        .. query.Keys
            .Where(name => !known.Contains(name, StringComparer.Ordinal))
            .Select(name => new Error(ErrorCodes.FieldUnknown, $"The query parameter '{Shorten(name)}' is unknown.")),
    ];

    private static string Shorten(string name) => name.Length <= MaxNameLength ? name : $"{name[..MaxNameLength]}…";
}
