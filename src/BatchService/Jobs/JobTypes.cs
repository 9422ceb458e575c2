namespace BatchService.Jobs;

/// <summary>All job types of the service, by name.</summary>
internal sealed class JobTypes(IEnumerable<JobType> types)
{
    private readonly Dictionary<string, JobType> _byName = types.ToDictionary(type => type.Name, StringComparer.Ordinal);

    /// <summary>The names, in alphabetical order.</summary>
    public IReadOnlyList<string> Names => [.. _byName.Keys.Order(StringComparer.Ordinal)];

    public IReadOnlyCollection<JobType> All => _byName.Values;

    public JobType? Find(string name) => _byName.GetValueOrDefault(name);
}
