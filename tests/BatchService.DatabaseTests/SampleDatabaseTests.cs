using System.Net.Http.Json;
using System.Text.Json;

namespace BatchService.DatabaseTests;

public sealed class SampleDatabaseTests(ChinookFixture fixture) : IClassFixture<ChinookFixture>
{
    [Fact]
    public async Task Lists_the_eleven_tables_of_the_sample_as_entities()
    {
        var list = await fixture.Client.GetFromJsonAsync<JsonElement>("/entities");

        Assert.Equal(11, list.GetProperty("entities").GetArrayLength());
    }
}
