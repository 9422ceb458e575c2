using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;

namespace BatchService.DatabaseTests.Entities;

public sealed class EntitiesEndpointsTests(EntitiesEndpointsTests.Service service) : IClassFixture<EntitiesEndpointsTests.Service>
{
    [Fact]
    public async Task Lists_the_entities_of_the_configured_schemas()
    {
        var list = await service.Client.GetFromJsonAsync<JsonElement>("/entities");
        var names = list.GetProperty("entities").EnumerateArray().Select(entity => entity.GetProperty("name").GetString()).ToList();
        Assert.Contains("invoice", names);
        Assert.DoesNotContain("sales.customer", names);
    }

    [Fact]
    public async Task Describes_one_by_a_name_with_blanks_and_quotes()
    {
        var entity = await service.Client.GetFromJsonAsync<JsonElement>($"/entities/{Uri.EscapeDataString("Odd \"Table\".x")}");
        Assert.Equal("employee", entity.GetProperty("relations")[0].GetProperty("entity").GetString());
    }

    [Fact]
    public async Task Refuses_an_unknown_name_without_echoing_it()
    {
        var response = await service.Client.GetAsync(new Uri("/entities/nothing_here", UriKind.Relative));
        var body = await response.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("ENTITY_UNKNOWN", JsonDocument.Parse(body).RootElement.GetProperty("code").GetString());
        Assert.DoesNotContain("nothing_here", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reloading_finds_what_was_created()
    {
        await using var command = service.Database.CreateCommand("CREATE TABLE public.reloaded (id integer PRIMARY KEY)");
        await command.ExecuteNonQueryAsync();
        var answer = await service.Client.PostAsync(new Uri("/entities/reload", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var entity = await service.Client.GetFromJsonAsync<JsonElement>("/entities/reloaded");
        Assert.Equal("id", entity.GetProperty("primary_key")[0].GetString());
    }

    /// <summary>The service on the schema of nasty.sql.</summary>
    public sealed class Service : ServiceFixture
    {
        protected override Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken) => NastySchema.FillAsync(database);
    }
}
