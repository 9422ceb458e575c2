using System.Globalization;
using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>What an update or delete by filter must meet to succeed.</summary>
/// <param name="MaxAffected">More matching rows than this fail the operation before it touches any.</param>
/// <param name="ExpectAffected">Exactly so many rows; null: at least one.</param>
/// <param name="AnyNumber">Any number of rows will do, none included.</param>
/// <param name="IfMatch">The content hashes that every matching row must have one of; null: no matter.</param>
internal sealed record Expectations(int MaxAffected, int? ExpectAffected, bool AnyNumber, IReadOnlyList<string>? IfMatch)
{
    /// <summary>Why the operation must fail, or null.</summary>
    /// <param name="matching">Rows that the filter matched, counted up to one more than <see cref="MaxAffected"/>.</param>
    /// <param name="affected">Rows touched.</param>
    public Error? Judge(long matching, int affected)
    {
        if (matching > MaxAffected)
            return new Error(ErrorCodes.MaxAffectedExceeded, $"The filter matches more than {MaxAffected.ToString(CultureInfo.InvariantCulture)} rows; narrow it or set max_affected.");
        if (IfMatch is not null && affected < matching)
            return new Error(ErrorCodes.PreconditionFailed, "The row changed since it was read.");
        if (AnyNumber || affected == ExpectAffected)
            return null;
        if (ExpectAffected is not null)
            return new Error(ErrorCodes.PreconditionFailed, $"Expected {ExpectAffected} affected rows, but there were {affected}.");
        return affected == 0 ? new Error(ErrorCodes.NotModified, "No records were modified") : null;
    }
}
