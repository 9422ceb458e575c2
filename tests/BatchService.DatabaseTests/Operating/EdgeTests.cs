using System.Net;
using BatchService.DatabaseTests.Entities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BatchService.DatabaseTests.Operating;

/// <summary>What the service says of itself: in its log at start, when it is asked whether it can work, and of a method it does not have.</summary>
public sealed class EdgeTests(EdgeTests.Service service) : IClassFixture<EdgeTests.Service>
{
    [Theory]
    [InlineData("DELETE FROM batch.ef_migrations_history WHERE \"MigrationId\" = (SELECT max(\"MigrationId\") FROM batch.ef_migrations_history)", "lacks migrations")]
    [InlineData("DROP TABLE batch.ef_migrations_history", "has not been migrated")]
    public async Task Is_not_ready_while_migrations_are_missing(string damage, string reason)
    {
        await service.ExecuteAsync("CREATE TABLE public.kept AS TABLE batch.ef_migrations_history");
        using var before = await service.Client.GetAsync("/readyz");
        await service.ExecuteAsync(damage);
        using var missing = await service.Client.GetAsync("/readyz");
        using var alive = await service.Client.GetAsync("/healthz");
        await service.ExecuteAsync(
            """
            CREATE TABLE IF NOT EXISTS batch.ef_migrations_history (LIKE public.kept);
            TRUNCATE batch.ef_migrations_history;
            INSERT INTO batch.ef_migrations_history SELECT * FROM public.kept;
            DROP TABLE public.kept
            """);
        using var after = await service.Client.GetAsync("/readyz");

        Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, missing.StatusCode);
        var problem = await missing.JsonAsync();
        Assert.Equal("DATABASE_UNAVAILABLE", problem.GetProperty("code").GetString());
        Assert.Contains(reason, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.NotNull(missing.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Fact]
    public void Says_once_at_start_that_nobody_has_to_show_who_they_are() =>
        Assert.StartsWith(
            "Warning Auth:Mode is None: every caller is 'dev' with all scopes",
            Assert.Single(service.Log.Text.Split('\n'), line => line.Contains("Auth:Mode", StringComparison.Ordinal)),
            StringComparison.Ordinal);

    [Fact]
    public async Task Refuses_a_method_that_an_address_does_not_have_and_names_those_it_has()
    {
        using var answer = await service.Client.PutAsync("/batch", null);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal("METHOD_NOT_ALLOWED", (await answer.JsonAsync()).GetProperty("code").GetString());
        Assert.Equal(["POST"], answer.Content.Headers.Allow);
    }

    /// <summary>The service as it is without any setting, with its log kept from the first line.</summary>
    public sealed class Service : ServiceFixture
    {
        internal EntityLog Log { get; } = new();

        internal async Task ExecuteAsync(string sql)
        {
            await using var command = Database.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }

        protected override void ConfigureServices(IServiceCollection services) => services.AddSingleton<ILoggerProvider>(Log);
    }
}
