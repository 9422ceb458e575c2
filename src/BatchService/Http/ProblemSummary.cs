using BatchService.Batching;

namespace BatchService.Http;

/// <summary>What a problem says as a whole: the one status, code and text that stand for all its errors.</summary>
internal readonly record struct ProblemSummary(int Status, ErrorCode Code, string Detail, bool Retryable)
{
    // 400s that an item can have while the request is in order; every other 400 means that the request itself is wrong.
    private static readonly HashSet<ErrorCode> s_itemCodes =
        [ErrorCodes.FilterRequired, ErrorCodes.FilterInvalid, ErrorCodes.MaxAffectedExceeded];

    /// <summary>One status if all errors have it; 400 if the request itself is wrong; otherwise 422.</summary>
    /// <param name="errors">At least one; the first gives the text, unless they differ in their status.</param>
    public static ProblemSummary Of(IReadOnlyList<Error> errors)
    {
        var wrong = errors.FirstOrDefault(error => error.Code.Status == 400 && !s_itemCodes.Contains(error.Code));
        var lead = wrong ?? errors[0];
        var sameStatus = errors.All(error => error.Code.Status == lead.Code.Status);
        var code = wrong is not null || sameStatus ? lead.Code : ErrorCodes.ValidationFailed;
        var detail = wrong is not null || sameStatus ? lead.Detail : Differing(errors);
        return new ProblemSummary(code.Status, code, detail, errors.All(error => error.Code.Retryable));
    }

    /// <summary>No one failure stands for the others.</summary>
    private static string Differing(IReadOnlyList<Error> errors)
    {
        var failed = errors.Select(error => error.Index).OfType<int>().Distinct().Count();
        return failed > 1 ? $"{failed} items failed, for different reasons." : $"There are {errors.Count} errors, of different kinds.";
    }
}
