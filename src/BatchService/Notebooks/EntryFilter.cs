using System.Text;

namespace BatchService.Notebooks;

/// <summary>Which entries of a notebook are asked for; null = any.</summary>
internal sealed record EntryFilter(
    string? TopicPrefix,
    string? ClaimsStatus,
    string? Author,
    long? SequenceMin,
    long? SequenceMax,
    Guid? FragmentOf,
    double? FrictionAbove,
    bool? NeedsReview)
{
    /// <summary>No topic with a prefix sorts behind the prefix followed by these: the largest characters, as many as fit.</summary>
    private static readonly string Last = string.Concat(Enumerable.Repeat("\U0010FFFF", EntryDraft.MaxTopicLength / 2));

    /// <summary>Conditions on <c>batch.entry e</c>, each with AND before it; the values go behind those that are there.</summary>
    public string ToSql(List<object> values)
    {
        var sql = new StringBuilder();
        if (TopicPrefix is not null)
        {
            // As a range, which every plan can look up in the index.
            And("e.topic >= {0}", TopicPrefix);
            And("e.topic <= {0}", TopicPrefix + Last);
        }
        And("e.claims_status = {0}", ClaimsStatus);
        And("e.author = {0}", Author);
        And("e.causal_position >= {0}", SequenceMin);
        And("e.causal_position <= {0}", SequenceMax);
        And("e.fragment_of = {0}", FragmentOf);
        And("e.max_friction > {0}", FrictionAbove);
        if (NeedsReview is { } review)
            sql.Append(review ? " AND e.needs_review" : " AND NOT e.needs_review");
        return sql.ToString();

        void And(string condition, object? value)
        {
            if (value is null)
                return;
            values.Add(value);
            sql.Append(" AND ").Append(string.Format(null, condition, $"${values.Count}"));
        }
    }
}
