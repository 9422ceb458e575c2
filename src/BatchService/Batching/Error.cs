namespace BatchService.Batching;

/// <summary>An expected failure as a value: its code, a text for people, and the place in the request that is to blame.</summary>
/// <param name="Detail">Never carries a rejected value, SQL, a path of the server or a stack.</param>
/// <param name="Pointer">A JSON pointer into the request body (<c>/operations/3/store_params/email</c>), when one place is to blame.</param>
/// <param name="Constraint">The name of the violated database constraint.</param>
internal sealed record Error(ErrorCode Code, string Detail, string? Pointer = null, string? Constraint = null)
{
    /// <summary>The item's position in the request, from 0; null when the request as a whole is wrong.</summary>
    public int? Index { get; init; }

    /// <summary>The item's own id, where its door knows ids.</summary>
    public string? Id { get; init; }

    /// <summary>Columns that the database named or that the constraint covers; turned into a pointer by the door.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];
}
