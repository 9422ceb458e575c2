namespace BatchService.DatabaseTests;

/// <summary>The service on a database that holds the Chinook sample.</summary>
public class ChinookFixture : ServiceFixture
{
    protected override DatabaseTemplate Template => DatabaseTemplate.Chinook;
}
