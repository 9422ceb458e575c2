using System.Net;
using System.Text.Json;
using BatchService.DatabaseTests.Operating;

namespace BatchService.DatabaseTests.Attestations;

/// <summary><c>POST /attestations</c> and <c>GET /attestations/{id}</c>: one at a time.</summary>
public sealed class AttestationCreateTests(AttestationsFixture fixture) : IClassFixture<AttestationsFixture>, IAsyncLifetime
{
    private static readonly string s_id = AttestationsFixture.IdOf(1);

    public Task InitializeAsync() => fixture.ClearAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Creates_one_and_says_where_it_is()
    {
        var answer = await fixture.Client.PostAsync("/attestations", new { subjects = new[] { "user_123" }, predicates = new[] { "likes" } });

        Assert.Equal(HttpStatusCode.Created, answer.Status);
        Assert.Equal($"/attestations/{answer.Root.Id()}", answer.Header("Location"));
        Assert.Equal(("1", "0"), (answer.Header("Batch-Succeeded"), answer.Header("Batch-Failed")));
        var got = await fixture.Client.GetAnswerAsync(answer.Header("Location")!);
        Assert.Equal(HttpStatusCode.OK, got.Status);
        Assert.True(JsonElement.DeepEquals(answer.Root, got.Root), $"{answer.Text}\n{got.Text}");
    }

    [Fact]
    public async Task Finds_by_the_example_of_one_call_what_the_example_of_the_other_creates()
    {
        var document = await OpenApiDocument.ReadAsync(fixture.Client);
        var post = document.Calls.Single(call => call is { Method: "POST", Path: "/attestations" });
        var get = document.Calls.Single(call => call is { Method: "GET", Path: "/attestations/{id}" });
        var created = await fixture.Client.PostRawAsync("/attestations", post.Examples("application/json").Single().Value.GetRawText());

        var got = await fixture.Client.GetAnswerAsync(get.Address((_, _) => null));

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (created.Status, got.Status));
    }

    [Fact]
    public async Task Fills_in_the_defaults()
    {
        var before = DateTimeOffset.UtcNow.AddSeconds(-1);
        var one = (await fixture.Client.PostAsync("/attestations", new { subjects = new[] { "s" } })).Root;

        Assert.Equal(
            ["id", "subjects", "predicates", "contexts", "actors", "timestamp", "source", "attributes", "created_at"],
            one.EnumerateObject().Select(field => field.Name));
        Assert.Matches("^AS..S[A-Z0-9]{4}..UCPZZ54..UCPZZ....DSE$", one.Id());
        Assert.Equal([["s"], ["_"], ["_"], [one.Id()]], new[] { one.Texts("subjects"), one.Texts("predicates"), one.Texts("contexts"), one.Texts("actors") });
        Assert.Equal(("api", "{}"), (one.GetProperty("source").GetString(), one.GetProperty("attributes").GetRawText()));
        Assert.Equal(one.GetProperty("created_at").GetString(), one.GetProperty("timestamp").GetString());
        Assert.InRange(one.GetProperty("timestamp").GetDateTimeOffset(), before, DateTimeOffset.UtcNow);
        Assert.Equal(1, await fixture.CountAsync($"id = '{one.Id()}' AND actors = ARRAY[id] AND source = 'api' AND attributes IS NULL"));
    }

    [Fact]
    public async Task Keeps_an_id_that_the_client_chose()
    {
        var answer = await fixture.Client.PostAsync("/attestations", new { id = s_id, subjects = new[] { "s" } });

        Assert.Equal(s_id, answer.Root.Id());
        Assert.Equal([s_id], answer.Root.Texts("actors"));
        Assert.Equal([s_id], await fixture.IdsAsync());
    }

    [Fact]
    public async Task Refuses_an_id_that_is_taken()
    {
        await fixture.InsertAsync(s_id);

        var answer = await fixture.Client.PostAsync("/attestations", new { id = s_id, subjects = new[] { "s" } });

        Assert.Equal((HttpStatusCode.Conflict, "UNIQUE_VIOLATION"), (answer.Status, answer.Code));
        var error = answer.Root.GetProperty("errors")[0];
        Assert.Equal(("/id", "There is an attestation with this id already"), (error.GetProperty("pointer").GetString(), error.GetProperty("detail").GetString()));
        Assert.Equal(1, await fixture.CountAsync("subjects = '{stored}'"));
    }

    [Fact]
    public async Task Reports_everything_that_is_wrong_with_a_command()
    {
        var answer = await fixture.Client.PostRawAsync(
            "/attestations", """{"subjects":[],"predicates":["p",""],"timestamp":"soon","attributes":[],"id":"short","colour":1}""");

        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (answer.Status, answer.MediaType));
        Assert.Equal(
            ["/predicates/1", "/subjects", "/timestamp", "/attributes", "/id", "/colour"],
            answer.Root.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("pointer").GetString()!).OrderBy(Order));
        Assert.Equal(0, await fixture.CountAsync());

        static int Order(string pointer) => Array.IndexOf(["/predicates/1", "/subjects", "/timestamp", "/attributes", "/id", "/colour"], pointer);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("{\"subjects\":[\"a\"]")]
    [InlineData("{\"subjects\":[\"a\"],\"subjects\":[\"b\"]}")]
    public async Task Refuses_a_body_that_is_no_command(string body)
    {
        var answer = await fixture.Client.PostRawAsync("/attestations", body);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(0, await fixture.CountAsync());
    }

    [Fact]
    public async Task Answers_without_a_body_when_that_is_preferred()
    {
        var answer = await fixture.Client.PostAsync("/attestations", new { id = s_id, subjects = new[] { "s" } }, ("Prefer", "return=minimal"));

        Assert.Equal((HttpStatusCode.Created, ""), (answer.Status, answer.Text));
        Assert.Equal(($"/attestations/{s_id}", "return=minimal"), (answer.Header("Location"), answer.Header("Preference-Applied")));
        Assert.Equal([s_id], await fixture.IdsAsync());
    }

    [Theory]
    [InlineData("/attestations?x=1")]
    [InlineData("/attestations/batch?mode=atomic")]
    [InlineData("/attestations/batch/delete?x")]
    [InlineData("/attestations/batch/query?limit=1")]
    [InlineData("/attestations/stream?atomic=true")]
    public async Task Refuses_an_unknown_query_parameter(string path)
    {
        var answer = await fixture.Client.PostRawAsync(path, "{}");

        Assert.Equal((HttpStatusCode.BadRequest, "FIELD_UNKNOWN"), (answer.Status, answer.Code));
    }

    [Theory]
    [InlineData("AS00USER100LIKESSL00WORKA0000999")]
    [InlineData("nonsense")]
    [InlineData("as00user100likessl00worka0000001")]
    public async Task Answers_404_for_an_id_that_is_not_there(string id)
    {
        var answer = await fixture.Client.GetAnswerAsync($"/attestations/{id}");

        Assert.Equal((HttpStatusCode.NotFound, "NOT_FOUND"), (answer.Status, answer.Code));
    }
}
