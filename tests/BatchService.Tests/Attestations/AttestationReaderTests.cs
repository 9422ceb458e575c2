using System.Text.Json;
using BatchService.Attestations;
using BatchService.Batching;

namespace BatchService.Tests.Attestations;

public sealed class AttestationReaderTests
{
    private const string Id = "AS00USER100LIKESSL00WORKA0000BOB";

    private static readonly DateTimeOffset s_now = new(2026, 11, 21, 8, 30, 0, TimeSpan.Zero);

    [Fact]
    public void Fills_in_what_a_command_leaves_out()
    {
        var read = Read("""{"subjects":["s"]}""").Attestation;

        Assert.Equal(["s"], read.Subjects);
        Assert.Equal(["_"], read.Predicates);
        Assert.Equal(["_"], read.Contexts);
        Assert.Equal([read.Id], read.Actors);
        Assert.Equal((s_now, "api", null, s_now), (read.Timestamp, read.Source, read.Attributes, read.CreatedAt));
    }

    [Fact]
    public void Takes_null_and_empty_lists_for_what_is_left_out()
    {
        var read = Read(
            """{"subjects":["s"],"predicates":[],"contexts":null,"actors":[],"timestamp":null,"source":null,"attributes":null,"id":null}""").Attestation;

        Assert.Equal([["_"], ["_"]], new[] { read.Predicates, read.Contexts });
        Assert.Equal([read.Id], read.Actors);
        Assert.Equal((s_now, "api", null), (read.Timestamp, read.Source, read.Attributes));
    }

    [Fact]
    public void Keeps_what_a_command_says()
    {
        var item = Read(
            $$"""
            {"id":"{{Id}}","subjects":["a","b"],"predicates":["p","q"],"contexts":["C"],"actors":["bob","eve"],
             "timestamp":"2026-01-02T03:04:05.123456789+02:00","source":"git","attributes":{ "n": 1.50 } }
            """);

        var read = item.Attestation;
        Assert.True(item.ChoseId);
        Assert.Equal((Id, "git", """{"n":1.50}"""), (read.Id, read.Source, read.Attributes));
        Assert.Equal([["a", "b"], ["p", "q"], ["C"], ["bob", "eve"]], new[] { read.Subjects, read.Predicates, read.Contexts, read.Actors });
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 1, 4, 5, TimeSpan.Zero).AddMicroseconds(123_456), read.Timestamp);
        Assert.Equal(s_now, read.CreatedAt);
    }

    [Fact]
    public void Makes_the_id_of_the_first_texts_and_of_the_actor_that_was_given()
    {
        var read = Read("""{"subjects":["user_123","x"],"predicates":["likes","x"],"contexts":["work","x"],"actors":["bob","x"]}""");

        Assert.Matches("^AS..USER1..LIKESSL..WORKA....BOB$", read.Attestation.Id);
        Assert.False(read.ChoseId);
    }

    [Fact]
    public void Certifies_itself_under_an_id_that_was_chosen() => Assert.Equal([Id], Read($$"""{"subjects":["s"],"id":"{{Id}}"}""").Attestation.Actors);

    [Theory]
    [InlineData("""{}""", "FIELD_MISSING /commands/3/subjects")]
    [InlineData("""{"subjects":null}""", "FIELD_MISSING /commands/3/subjects")]
    [InlineData("""{"subjects":[]}""", "FIELD_INVALID /commands/3/subjects")]
    [InlineData("""{"subjects":[""]}""", "FIELD_INVALID /commands/3/subjects/0")]
    [InlineData("""{"subjects":["a",7,"b",""]}""", "FIELD_INVALID /commands/3/subjects/1", "FIELD_INVALID /commands/3/subjects/3")]
    [InlineData("""{"subjects":"a"}""", "FIELD_INVALID /commands/3/subjects")]
    [InlineData("""{"subjects":["a"],"predicates":[""]}""", "FIELD_INVALID /commands/3/predicates/0")]
    [InlineData("""{"subjects":["a"],"contexts":[null]}""", "FIELD_INVALID /commands/3/contexts/0")]
    [InlineData("""{"subjects":["a"],"actors":{}}""", "FIELD_INVALID /commands/3/actors")]
    [InlineData("""{"subjects":["a"],"timestamp":"2026-01-02"}""", "FIELD_INVALID /commands/3/timestamp")]
    [InlineData("""{"subjects":["a"],"timestamp":"2026-01-02T03:04:05"}""", "FIELD_INVALID /commands/3/timestamp")]
    [InlineData("""{"subjects":["a"],"timestamp":1767323045}""", "FIELD_INVALID /commands/3/timestamp")]
    [InlineData("""{"subjects":["a"],"source":""}""", "FIELD_INVALID /commands/3/source")]
    [InlineData("""{"subjects":["a"],"attributes":[]}""", "FIELD_INVALID /commands/3/attributes")]
    [InlineData("""{"subjects":["a"],"attributes":"{}"}""", "FIELD_INVALID /commands/3/attributes")]
    [InlineData("""{"subjects":["a"],"id":"x"}""", "FIELD_INVALID /commands/3/id")]
    [InlineData("""{"subjects":["a"],"id":"as00user100likessl00worka0000bob"}""", "FIELD_INVALID /commands/3/id")]
    [InlineData("""{"subjects":["a"],"created_at":"2026-01-02T03:04:05Z","b/c":1}""", "FIELD_UNKNOWN /commands/3/created_at", "FIELD_UNKNOWN /commands/3/b~1c")]
    [InlineData("""{"subject":["a"]}""", "FIELD_MISSING /commands/3/subjects", "FIELD_UNKNOWN /commands/3/subject")]
    [InlineData("""["a"]""", "FIELD_INVALID /commands/3")]
    [InlineData("null", "FIELD_INVALID /commands/3")]
    public void Names_the_place_of_everything_that_is_wrong(string command, params string[] expected) => Assert.Equal(expected, Refusals(command));

    [Fact]
    public void Reports_all_errors_of_a_command() => Assert.Equal(
        ["/commands/3/subjects", "/commands/3/timestamp", "/commands/3/attributes", "/commands/3/id"],
        Refusals("""{"subjects":[],"timestamp":"","attributes":1,"id":1}""").Select(refusal => refusal.Split(' ')[1]));

    [Theory]
    [InlineData("a", 1_500, true)]
    [InlineData("a", 1_501, false)]
    [InlineData("é", 750, true)]
    [InlineData("é", 751, false)]
    [InlineData("🎉", 375, true)]
    [InlineData("🎉", 376, false)]
    public void Takes_texts_of_1500_bytes_which_fit_into_the_index(string letter, int count, bool fits)
    {
        var text = string.Concat(Enumerable.Repeat(letter, count));

        Assert.Equal(fits, Refusals($$"""{"subjects":["x","{{text}}"]}""").Count == 0);
    }

    [Fact]
    public void Refuses_an_id_that_an_earlier_command_has()
    {
        var reader = new AttestationReader(s_now);
        var errors = new List<Error>();

        Read(reader, $$"""{"subjects":["a"],"id":"{{Id}}"}""", errors);
        Assert.Empty(errors);
        Read(reader, $$"""{"subjects":["b"],"id":"{{Id}}"}""", errors);

        var error = Assert.Single(errors);
        Assert.Equal((ErrorCodes.DuplicateInBatch, "/commands/3/id"), (error.Code, error.Pointer));
    }

    [Fact]
    public void Lets_a_command_have_the_id_of_one_that_was_refused()
    {
        var reader = new AttestationReader(s_now);
        var errors = new List<Error>();

        Read(reader, $$"""{"subjects":[],"id":"{{Id}}"}""", errors);
        Assert.Single(errors);
        Read(reader, $$"""{"subjects":["b"],"id":"{{Id}}"}""", errors);

        Assert.Single(errors);
    }

    [Fact]
    public void Finds_an_id_again_across_the_point_where_a_long_stream_forgets()
    {
        var reader = new AttestationReader(s_now);
        var errors = new List<Error>();
        var json = Parse("""{"subjects":["a"]}""");
        for (var index = 0; index < AttestationLimits.MaxCommands - 1; index++)
            reader.Read(new ItemInput(index, json), "", errors);

        Read(reader, $$"""{"subjects":["a"],"id":"{{Id}}"}""", errors);
        reader.Read(new ItemInput(0, json), "", errors);
        Assert.Empty(errors);
        Read(reader, $$"""{"subjects":["b"],"id":"{{Id}}"}""", errors);

        // Both may be in one chunk, whose statement would not tell them apart.
        Assert.Single(errors);
    }

    private static AttestationItem Read(string command)
    {
        var errors = new List<Error>();
        var item = Read(new AttestationReader(s_now), command, errors);
        Assert.Empty(errors);
        return item;
    }

    private static AttestationItem Read(AttestationReader reader, string command, List<Error> errors) =>
        reader.Read(new ItemInput(3, Parse(command)), "/commands/3", errors);

    private static List<string> Refusals(string command)
    {
        var errors = new List<Error>();
        Read(new AttestationReader(s_now), command, errors);
        return [.. errors.Select(error => $"{error.Code.Name} {error.Pointer}")];
    }

    private static JsonElement Parse(string json) => JsonElement.Parse(json);
}
