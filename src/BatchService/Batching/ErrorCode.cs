namespace BatchService.Batching;

/// <summary>A stable error code of the HTTP contract: its status, whether a retry can help, and what it means in words.</summary>
/// <param name="Name">UPPER_SNAKE_CASE; never changes once published.</param>
/// <param name="Status">The HTTP status of a request, or of an item, that fails with it.</param>
/// <param name="Retryable">True when the same request can succeed later without being changed.</param>
internal sealed record ErrorCode(string Name, int Status, bool Retryable, string Title, string Cause, string Remedy)
{
    public override string ToString() => Name;
}
