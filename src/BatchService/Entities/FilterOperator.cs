namespace BatchService.Entities;

/// <summary>How a filter compares.</summary>
internal enum FilterOperator
{
    Lt,
    Le,
    Eq,
    Ne,
    Gt,
    Ge,
    In,
    NotIn,
    Between,
    NotBetween,
    Like,
    NotLike,
    ILike,
    IsNull,
    NotNull,
}

/// <summary>The wire names of the operators: what may stand before <c>::</c> in a filter.</summary>
internal static class FilterOperators
{
    public static readonly IReadOnlyDictionary<string, FilterOperator> ByName = new Dictionary<string, FilterOperator>(StringComparer.Ordinal)
    {
        ["lt"] = FilterOperator.Lt,
        ["le"] = FilterOperator.Le,
        ["eq"] = FilterOperator.Eq,
        ["ne"] = FilterOperator.Ne,
        ["gt"] = FilterOperator.Gt,
        ["ge"] = FilterOperator.Ge,
        ["in"] = FilterOperator.In,
        ["not-in"] = FilterOperator.NotIn,
        ["between"] = FilterOperator.Between,
        ["not-between"] = FilterOperator.NotBetween,
        ["like"] = FilterOperator.Like,
        ["not-like"] = FilterOperator.NotLike,
        ["ilike"] = FilterOperator.ILike,
        ["is-null"] = FilterOperator.IsNull,
        ["not-null"] = FilterOperator.NotNull,
    };
}
