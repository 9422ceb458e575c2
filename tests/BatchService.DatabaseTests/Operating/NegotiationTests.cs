using System.Net;
using BatchService.DatabaseTests.Identity;
using BatchService.DatabaseTests.Operations;

namespace BatchService.DatabaseTests.Operating;

/// <summary>What a request asks of the form of its answer is honoured or refused, at every endpoint; never ignored.</summary>
public sealed class NegotiationTests(OperationsFixture service) : IClassFixture<OperationsFixture>
{
    private const string Read = """{"operations":[{"entity":"genre","action":"read","metadata_params":{"limit":1}}]}""";

    private IEnumerable<ServiceRoute> Routes => ServiceRoutes.Of(service.Services).Where(route => !route.IsOpen);

    [Fact]
    public async Task An_unknown_preference_is_refused_at_every_endpoint_and_ignored_under_lenient()
    {
        foreach (var route in Routes)
        {
            using var refused = await SendAsync(route, ("Prefer", "colour=blue"));
            using var taken = await SendAsync(route, ("Prefer", "colour=blue, handling=lenient"));

            Assert.True(refused.StatusCode == HttpStatusCode.BadRequest, $"{route}: {refused.StatusCode}");
            Assert.Contains("The preference 'colour' is unknown", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.DoesNotContain("colour", await taken.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_media_type_that_an_endpoint_does_not_write_is_refused_by_it()
    {
        foreach (var route in Routes.Where(route => !route.IsEmpty))
        {
            using var refused = await SendAsync(route, ("Accept", "image/png"));

            Assert.True(refused.StatusCode == HttpStatusCode.NotAcceptable, $"{route}: {refused.StatusCode}");
            Assert.Equal("NOT_ACCEPTABLE", (await refused.JsonAsync()).GetProperty("code").GetString());
        }
    }

    [Theory]
    [InlineData("application/json", 200)]
    [InlineData("application/*", 200)]
    [InlineData("text/html, */*;q=0.1", 200)]
    [InlineData("application/problem+json", 200)]
    [InlineData("APPLICATION/JSON; charset=utf-8", 200)]
    [InlineData("not a media type", 200)]
    [InlineData("application/json;q=0", 406)]
    [InlineData("application/json;q=0, */*", 406)]
    [InlineData("text/csv", 406)]
    [InlineData("application/x-ndjson", 406)]
    public async Task Accept_is_read_as_HTTP_says(string accept, int status)
    {
        using var response = await service.Client.PostAsync("/batch", Read, ("Accept", accept));

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Wait_ends_a_call_sooner_and_then_nothing_is_written()
    {
        const string Create = """{"operations":[{"entity":"genre","action":"create","store_params":{"name":"too late"}}]}""";

        using var late = await service.Client.PostAsync("/batch", Create, ("Prefer", "wait=0"));
        using var read = await service.Client.PostAsync("/batch", """{"operations":[{"entity":"genre","action":"assert","query_params":{"name":"too late"},"metadata_params":{"expect":0}}]}""", ("Prefer", "wait=25"));

        Assert.Equal((504, "DEADLINE_EXCEEDED"), ((int)late.StatusCode, (await late.JsonAsync()).GetProperty("code").GetString()));
        Assert.Null(late.Header("Preference-Applied"));
        Assert.Equal((200, "wait=25"), ((int)read.StatusCode, read.Header("Preference-Applied")));
    }

    [Fact]
    public async Task Later_or_within_so_many_seconds_is_a_job()
    {
        using var accepted = await service.Client.PostAsync("/batch", Read, ("Prefer", "respond-async, wait=5"));

        Assert.Equal((202, "respond-async, wait=5"), ((int)accepted.StatusCode, accepted.Header("Preference-Applied")));
        Assert.NotNull(accepted.Headers.Location);
    }

    [Fact]
    public async Task A_stream_takes_its_time_and_says_so()
    {
        using var refused = await service.Client.PostAsync("/entities/genre/batch?action=create", "{}", ("Prefer", "wait=5"));

        Assert.Equal(400, (int)refused.StatusCode);
        Assert.Contains("wait=5", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> SendAsync(ServiceRoute route, (string Name, string Value) header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(route.Method), route.Path);
        request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        return await service.Client.SendAsync(request);
    }
}
