using Testcontainers.PostgreSql;

namespace BatchService.DatabaseTests;

/// <summary>The tests' server in a container, with <c>-p:UseTestcontainers=true</c> only; its reaper removes it afterwards.</summary>
internal static class ContainerServer
{
    public static async Task<string> StartAsync()
    {
        var container = new PostgreSqlBuilder("postgres:17-alpine").WithCommand("-c", "max_connections=400", "-c", "fsync=off").Build();
        await container.StartAsync();
        return container.GetConnectionString();
    }
}
