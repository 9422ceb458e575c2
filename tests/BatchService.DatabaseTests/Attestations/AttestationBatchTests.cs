using System.IO.Compression;
using System.Net;
using System.Text;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Attestations;

/// <summary><c>POST /attestations/batch</c>: shapes, modes, counts.</summary>
public sealed class AttestationBatchTests(AttestationsFixture fixture) : IClassFixture<AttestationsFixture>, IAsyncLifetime
{
    private static readonly object s_bad = new { subjects = Array.Empty<string>() };

    public Task InitializeAsync() => fixture.ClearAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("atomic")]
    [InlineData("best_effort")]
    public async Task Takes_an_empty_batch_for_a_success_of_nothing(string mode)
    {
        var answer = await fixture.Client.CreateAsync([], mode);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal((0, 0, 0), answer.Sums());
        Assert.Equal(0, answer.Root.GetProperty("success_rate").GetDouble());
        Assert.Equal((0, "", 0), (answer.Created().Count, answer.ErrorIndexes(), answer.Results.Count));
        Assert.Equal(("0", "0"), (answer.Header("Batch-Succeeded"), answer.Header("Batch-Failed")));
    }

    [Fact]
    public async Task Creates_a_single_one()
    {
        var answer = await fixture.Client.CreateAsync([Command("a")]);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal((1, 0, 1), answer.Sums());
        var result = Assert.Single(answer.Results);
        Assert.Equal((0, "completed"), (result.GetProperty("index").GetInt32(), result.GetProperty("status").GetString()));
        Assert.Equal(answer.Created()[0].Id(), result.Id());
        Assert.Equal([result.Id()], await fixture.IdsAsync());
    }

    [Fact]
    public async Task Lists_what_was_created_in_request_order()
    {
        string[] subjects = ["c", "a", "b", "a", "z"];
        var answer = await fixture.Client.CreateAsync(subjects.Select(Command));

        Assert.Equal(subjects, answer.Created().Select(one => one.Subject()));
        Assert.Equal(answer.Created().Select(one => one.Id()), answer.Results.Select(result => result.Id()));
        Assert.Equal(100, answer.Root.GetProperty("success_rate").GetDouble());
        Assert.Equal(answer.Created().Select(one => one.Id()).Order(StringComparer.Ordinal), await fixture.IdsAsync());
        Assert.DoesNotContain("commands", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_with_what_a_get_gives()
    {
        var answer = await fixture.Client.CreateAsync(
            [new { subjects = new[] { "a", "b" }, contexts = new[] { "X" }, timestamp = "2026-02-03T04:05:06.7+01:00", attributes = new { n = 1.5 } }, Command("c")]);

        foreach (var created in answer.Created())
        {
            var got = await fixture.Client.GetAnswerAsync($"/attestations/{created.Id()}");
            Assert.True(System.Text.Json.JsonElement.DeepEquals(created, got.Root), $"{created}\n{got.Text}");
        }
    }

    [Fact]
    public async Task Stores_what_is_good_in_best_effort_and_names_what_is_not()
    {
        var taken = AttestationsFixture.IdOf(7);
        await fixture.InsertAsync(taken);

        var answer = await fixture.Client.CreateAsync([Command("a"), s_bad, Command("c"), WithId("d", taken), Command("e")], "best_effort");

        Assert.Equal(HttpStatusCode.MultiStatus, answer.Status);
        Assert.Equal((3, 2, 5), answer.Sums());
        Assert.Equal(60, answer.Root.GetProperty("success_rate").GetDouble());
        Assert.Equal("completed failed completed failed completed", answer.Statuses);
        Assert.Equal("1:FIELD_INVALID 3:UNIQUE_VIOLATION", answer.Failures);
        Assert.Equal("1 3", answer.ErrorIndexes());
        Assert.Equal("There is an attestation with this id already", answer.Root.GetProperty("errors").GetProperty("3").GetString());
        Assert.Equal("/commands/3/id", answer.Results[3].GetProperty("pointer").GetString());
        Assert.Equal(taken, answer.Results[3].Id());
        Assert.Equal(["a", "c", "e"], answer.Created().Select(one => one.Subject()));
        Assert.Equal(("3", "2"), (answer.Header("Batch-Succeeded"), answer.Header("Batch-Failed")));
        Assert.Equal(4, await fixture.CountAsync());
    }

    [Fact]
    public async Task Writes_nothing_by_default_when_a_command_is_bad()
    {
        var answer = await fixture.Client.CreateAsync([Command("a"), s_bad, Command("c")]);

        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (answer.Status, answer.MediaType));
        Assert.Equal((0, 1, 3), answer.Sums());
        Assert.False(answer.Root.GetProperty("success").GetBoolean());
        Assert.False(answer.Root.GetProperty("committed").GetBoolean());
        Assert.Equal("rolled_back failed rolled_back", answer.Statuses);
        Assert.Equal("1", answer.ErrorIndexes());
        var problem = Assert.Single(answer.Root.GetProperty("problems").EnumerateArray());
        Assert.Equal((1, "/commands/1/subjects"), (problem.GetProperty("index").GetInt32(), problem.GetProperty("pointer").GetString()));
        Assert.Empty(answer.Created());
        Assert.Equal(0, await fixture.CountAsync());
    }

    [Fact]
    public async Task Reports_all_errors_of_an_atomic_batch_at_once_and_400_when_one_is_of_the_request_itself()
    {
        await fixture.InsertAsync(AttestationsFixture.IdOf(7));

        var answer = await fixture.Client.CreateAsync(
            [Command("a"), s_bad, WithId("c", AttestationsFixture.IdOf(7)), WithId("d", AttestationsFixture.IdOf(8)), WithId("e", AttestationsFixture.IdOf(8))],
            "atomic");

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("1:FIELD_INVALID 2:UNIQUE_VIOLATION 4:DUPLICATE_IN_BATCH", answer.Failures);
        Assert.Equal(("0", "3"), (answer.Header("Batch-Succeeded"), answer.Header("Batch-Failed")));
        Assert.Equal(1, await fixture.CountAsync());
    }

    [Fact]
    public async Task Rolls_back_what_was_written_before_the_failure()
    {
        var taken = AttestationsFixture.IdOf(7);
        await fixture.InsertAsync(taken);

        var answer = await fixture.Client.CreateAsync(
            [.. Enumerable.Range(0, 25).Select(index => Command($"s{index}")), WithId("late", taken)], "atomic", chunkSize: 10);

        Assert.Equal((HttpStatusCode.Conflict, "UNIQUE_VIOLATION"), (answer.Status, answer.Code));
        Assert.Equal("25:UNIQUE_VIOLATION", answer.Failures);
        Assert.Equal(25, answer.Results.Count(result => result.GetProperty("status").GetString() == "rolled_back"));
        Assert.Equal([taken], await fixture.IdsAsync());
    }

    [Theory]
    [InlineData("atomic", HttpStatusCode.BadRequest)]
    [InlineData("best_effort", HttpStatusCode.MultiStatus)]
    public async Task Fails_completely_when_every_command_is_bad(string mode, HttpStatusCode status)
    {
        var answer = await fixture.Client.CreateAsync([s_bad, 7, "x", new { subjects = new[] { "" } }], mode);

        Assert.Equal(status, answer.Status);
        Assert.Equal((0, 4, 4), answer.Sums());
        Assert.Equal("0 1 2 3", answer.ErrorIndexes());
        Assert.Equal(0, answer.Root.GetProperty("success_rate").GetDouble());
        Assert.Equal(0, await fixture.CountAsync());
    }

    [Theory]
    [InlineData("atomic")]
    [InlineData("best_effort")]
    public async Task Fails_the_later_one_of_two_with_the_same_id(string mode)
    {
        var id = AttestationsFixture.IdOf(1);
        var answer = await fixture.Client.CreateAsync([WithId("first", id), WithId("second", id), Command("c")], mode);

        Assert.Equal("1:DUPLICATE_IN_BATCH", answer.Failures);
        Assert.Equal(mode == "atomic" ? HttpStatusCode.Conflict : HttpStatusCode.MultiStatus, answer.Status);
        Assert.Equal(mode == "atomic" ? 0 : 2, await fixture.CountAsync());
        Assert.Equal(mode == "atomic" ? 0 : 1, await fixture.CountAsync($"id = '{id}' AND subjects = '{{first}}'"));
    }

    [Fact]
    public async Task Gives_200_for_207_when_that_is_preferred()
    {
        var answer = await fixture.Client.CreateAsync([Command("a"), s_bad], "best_effort", headers: ("Prefer", "multi-status=200"));

        Assert.Equal((HttpStatusCode.OK, "multi-status=200"), (answer.Status, answer.Header("Preference-Applied")));
        Assert.Equal("completed failed", answer.Statuses);
    }

    [Fact]
    public async Task Leaves_out_the_attestations_when_that_is_preferred()
    {
        var answer = await fixture.Client.CreateAsync([Command("a"), Command("b")], headers: ("Prefer", "return=minimal"));

        Assert.Equal((HttpStatusCode.OK, "return=minimal"), (answer.Status, answer.Header("Preference-Applied")));
        Assert.False(answer.Root.TryGetProperty("attestations", out _));
        Assert.Equal((await fixture.IdsAsync()).ToHashSet(), answer.Results.Select(result => result.Id()).ToHashSet());
    }

    [Theory]
    [InlineData("tidy", HttpStatusCode.BadRequest)]
    [InlineData("wait=soon", HttpStatusCode.BadRequest)]
    [InlineData("tidy, handling=lenient", HttpStatusCode.OK)]
    [InlineData("handling=strict", HttpStatusCode.OK)]
    public async Task Refuses_a_preference_that_it_does_not_honour_unless_it_is_lenient(string prefer, HttpStatusCode status)
    {
        var answer = await fixture.Client.CreateAsync([Command("a")], headers: ("Prefer", prefer));

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == HttpStatusCode.OK ? 1 : 0, await fixture.CountAsync());
    }

    [Theory]
    [InlineData("""{}""", "FIELD_MISSING /commands")]
    [InlineData("""{"commands":{}}""", "FIELD_INVALID /commands")]
    [InlineData("""{"commands":[],"mode":"both"}""", "FIELD_INVALID /mode")]
    [InlineData("""{"commands":[],"chunk_size":0}""", "FIELD_INVALID /chunk_size")]
    [InlineData("""{"commands":[],"chunk_size":10001}""", "FIELD_INVALID /chunk_size")]
    [InlineData("""{"commands":[],"options":{}}""", "FIELD_UNKNOWN /options")]
    [InlineData("""[]""", "FIELD_INVALID ")]
    public async Task Refuses_a_wrong_envelope(string body, string expected)
    {
        var answer = await fixture.Client.PostRawAsync("/attestations/batch", body);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        var error = answer.Root.GetProperty("errors")[0];
        Assert.Equal(expected, $"{error.GetProperty("code").GetString()} {error.GetProperty("pointer").GetString()}");
        Assert.Equal(("0", "0"), (answer.Header("Batch-Succeeded"), answer.Header("Batch-Failed")));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Takes_a_compressed_body(string encoding)
    {
        using var packed = new MemoryStream();
        await using (Stream packing = encoding == "gzip" ? new GZipStream(packed, CompressionLevel.Fastest) : new BrotliStream(packed, CompressionLevel.Fastest))
            await packing.WriteAsync(Encoding.UTF8.GetBytes("""{"commands":[{"subjects":["a"]},{"subjects":["b"]}]}"""));

        var answer = await fixture.Client.PostContentAsync(
            "/attestations/batch", new ByteArrayContent(packed.ToArray()), RowsClient.Json, ("Content-Encoding", encoding));

        Assert.Equal((2, 0, 2), answer.Sums());
        Assert.Equal(2, await fixture.CountAsync());
    }

    [Fact]
    public async Task Answers_line_by_line_when_asked_to()
    {
        var answer = await fixture.Client.CreateAsync([Command("a"), s_bad, Command("c")], "best_effort", headers: ("Accept", RowsClient.Ndjson));

        Assert.Equal(RowsClient.Ndjson, answer.MediaType);
        Assert.Equal("completed failed completed", answer.Statuses);
        Assert.Equal("a", answer.Results[0].GetProperty("attestation").Subject());
        Assert.Equal((2, 1, 3), answer.Sums());
    }

    private static object Command(string subject) => new { subjects = new[] { subject } };

    private static object WithId(string subject, string id) => new { id, subjects = new[] { subject } };
}
