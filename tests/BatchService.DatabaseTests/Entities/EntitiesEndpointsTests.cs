using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using BatchService.Entities;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BatchService.DatabaseTests.Entities;

public sealed class EntitiesEndpointsTests(NastySchema schema) : IClassFixture<NastySchema>, IAsyncLifetime
{
    private WebApplication _app = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _app = Build("Entities:Schemas:0", "public");
        await _app.StartAsync();
        _client = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Lists_the_entities_of_the_configured_schemas()
    {
        var list = await _client.GetFromJsonAsync<JsonElement>("/entities");
        var names = list.GetProperty("entities").EnumerateArray().Select(entity => entity.GetProperty("name").GetString()).ToList();
        Assert.Contains("invoice", names);
        Assert.DoesNotContain("sales.customer", names);
    }

    [Fact]
    public async Task Describes_one_by_a_name_with_blanks_and_quotes()
    {
        var entity = await _client.GetFromJsonAsync<JsonElement>($"/entities/{Uri.EscapeDataString("Odd \"Table\".x")}");
        Assert.Equal("employee", entity.GetProperty("relations")[0].GetProperty("entity").GetString());
    }

    [Fact]
    public async Task Refuses_an_unknown_name_without_echoing_it()
    {
        var response = await _client.GetAsync(new Uri("/entities/nothing_here", UriKind.Relative));
        var body = await response.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("ENTITY_UNKNOWN", JsonDocument.Parse(body).RootElement.GetProperty("code").GetString());
        Assert.DoesNotContain("nothing_here", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reloading_finds_what_was_created()
    {
        await using var command = schema.DataSource.CreateCommand("CREATE TABLE public.reloaded (id integer PRIMARY KEY)");
        await command.ExecuteNonQueryAsync();
        var answer = await _client.PostAsync(new Uri("/entities/reload", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var entity = await _client.GetFromJsonAsync<JsonElement>("/entities/reloaded");
        Assert.Equal("id", entity.GetProperty("primary_key")[0].GetString());
    }

    [Fact]
    public async Task A_setting_that_nobody_reads_fails_the_start()
    {
        await using var app = Build("Entities:invoice:ConcurencyColumn", "version");
        await Assert.ThrowsAsync<OptionsValidationException>(() => app.StartAsync());
    }

    private WebApplication Build(string key, string value)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create(key, (string?)value)]);
        builder.Services.AddSingleton(schema.DataSource).AddSingleton(TimeProvider.System).AddEntities();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapEntities();
        return app;
    }
}
