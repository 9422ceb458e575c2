namespace BatchService.Jobs;

/// <summary>What a job's download adds to its items; an import leaves it out of account, so that the file of failed items can be sent as it is.</summary>
internal static class JobDownload
{
    public const string ErrorCode = "error_code";

    public const string ErrorMessage = "error_message";

    /// <summary>The column was added to the failed items.</summary>
    public static bool IsAddedToFailed(string column) => column is ErrorCode or ErrorMessage;
}
