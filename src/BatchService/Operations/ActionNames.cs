namespace BatchService.Operations;

/// <summary>The wire names of <see cref="OperationAction"/>; read by hand, since an enum converter would take numbers and combinations.</summary>
internal static class ActionNames
{
    public static readonly IReadOnlyList<string> All = ["create", "read", "update", "delete", "upsert", "assert"];

    public static OperationAction? Parse(string? name) => name switch
    {
        "create" => OperationAction.Create,
        "read" => OperationAction.Read,
        "update" => OperationAction.Update,
        "delete" => OperationAction.Delete,
        "upsert" => OperationAction.Upsert,
        "assert" => OperationAction.Assert,
        _ => null,
    };
}
