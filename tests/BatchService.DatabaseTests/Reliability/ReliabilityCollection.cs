namespace BatchService.DatabaseTests.Reliability;

/// <summary>These tests wait for each other: they load the machine, and some measure time.</summary>
internal static class ReliabilityCollection
{
    public const string Name = "reliability";
}
