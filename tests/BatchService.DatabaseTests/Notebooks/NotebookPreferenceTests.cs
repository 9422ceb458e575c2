namespace BatchService.DatabaseTests.Notebooks;

/// <summary>Calls that write in one transaction honour no preference but <c>handling</c>, and say so.</summary>
public sealed class NotebookPreferenceTests(NotebooksFixture service) : IClassFixture<NotebooksFixture>
{
    private NotebookClient Client => service.Notebooks;

    [Theory]
    [InlineData("fast", "FIELD_UNKNOWN")]
    [InlineData("return=minimal", "FIELD_INVALID")]
    [InlineData("respond-async", "FIELD_INVALID")]
    [InlineData("handling=strict, wait=5", "FIELD_INVALID")]
    public async Task What_is_not_honoured_is_refused_before_anything_is_written(string prefer, string code)
    {
        var id = await Client.CreateAsync();

        var refused = await Client.SendAsync(HttpMethod.Post, $"/notebooks/{id}/entries", NotebookClient.Entry(), prefer: prefer);
        var kept = await Client.SendAsync(HttpMethod.Delete, $"/notebooks/{id}", prefer: prefer);

        Assert.Equal((code, code), (refused.Expect(400)["code"].GetString(), kept.Expect(400)["code"].GetString()));
        Assert.Equal(0, (await Client.GetAsync($"/notebooks/{id}")).Expect(200)["current_sequence"].GetInt32());
    }

    [Fact]
    public async Task Handling_lenient_ignores_it_and_is_confirmed()
    {
        var id = await Client.CreateAsync();

        var written = (await Client.SendAsync(
            HttpMethod.Post, $"/notebooks/{id}/entries", NotebookClient.Entry(), prefer: "fast, return=minimal, handling=lenient")).Expect(201);

        Assert.Equal("handling=lenient", written.Message.Headers.GetValues("Preference-Applied").Single());
    }
}
