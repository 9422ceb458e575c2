using System.Net;
using System.Text.Json;
using BatchService.Batching;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Attestations;

/// <summary>What goes in comes out: texts of any kind, attributes, times.</summary>
public sealed class AttestationTextTests(AttestationsFixture fixture) : IClassFixture<AttestationsFixture>, IAsyncLifetime
{
    private static readonly string[] s_hostile =
    [
        "plain", "'", "\"", "\\", "\\\\\"", "{}", "{\"a\",\"b\"}", "{", "}", ",", "NULL", "null", " ", "  padded  ", "\n", "\r\n", "\t", "\u0001\u001f\u007f",
        "\u2028\u2029", "\u00a0", "\u200b\ufeff", "é", "e\u0301", "ÅÉÎ", "日本語", "العربية", "🎉", "👩‍👩‍👧", "\U0010ffff", "</script>", "$1", "%s", "$ref:x", "'; DROP TABLE batch.attestation; --",
    ];

    public Task InitializeAsync() => fixture.ClearAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("atomic")]
    [InlineData("best_effort")]
    public async Task Keeps_hostile_texts_in_every_field(string mode)
    {
        var commands = s_hostile.Select((text, at) => new
        {
            subjects = new[] { text, "x", s_hostile[^(at + 1)] },
            predicates = new[] { text },
            contexts = new[] { text, text },
            actors = s_hostile,
            source = text,
            attributes = new Dictionary<string, object>(StringComparer.Ordinal) { [text] = text },
        }).ToList();

        await AssertKeptAsync(await fixture.Client.CreateAsync(commands, mode, chunkSize: 7), [.. commands.Select(command => JsonSerializer.SerializeToElement(command))]);
    }

    [Fact]
    public async Task Keeps_hostile_texts_of_batches_that_had_to_be_divided()
    {
        await fixture.InsertAsync(AttestationsFixture.IdOf(1));
        var commands = s_hostile.Select(text => new
        {
            subjects = new[] { text },
            predicates = new[] { text, text },
            contexts = new[] { text },
            actors = new[] { text },
            source = text,
            attributes = new Dictionary<string, object>(StringComparer.Ordinal) { [text] = text },
        }).ToList();

        // A failing trigger makes the set be divided: the pieces travel another way, as JSON.
        await fixture.ExecuteAsync(
            """
            CREATE OR REPLACE FUNCTION batch.test_refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF NEW.source = 'refused' THEN RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'refused'; END IF; RETURN NEW; END $$;
            CREATE TRIGGER test_refuse BEFORE INSERT ON batch.attestation FOR EACH ROW EXECUTE FUNCTION batch.test_refuse()
            """);
        try
        {
            var answer = await fixture.Client.CreateAsync([.. commands, new { subjects = new[] { "s" }, source = "refused" }], "best_effort");

            Assert.Equal(HttpStatusCode.MultiStatus, answer.Status);
            Assert.Equal($"{commands.Count}:CHECK_VIOLATION", answer.Failures);
            await AssertKeptAsync(answer, [.. commands.Select(command => JsonSerializer.SerializeToElement(command))]);
        }
        finally
        {
            await fixture.ExecuteAsync("DROP TRIGGER test_refuse ON batch.attestation");
        }
    }

    [Theory]
    [InlineData("""{"subjects":[""]}""")]
    [InlineData("""{"subjects":["a"],"predicates":["p",""]}""")]
    [InlineData("""{"subjects":["a"],"contexts":[""]}""")]
    [InlineData("""{"subjects":["a"],"actors":[""]}""")]
    [InlineData("""{"subjects":["a"],"source":""}""")]
    [InlineData("""{"subjects":["a\ud800"]}""")]
    [InlineData("""{"subjects":["\udc00a"]}""")]
    [InlineData("""{"subjects":["a\u0000"]}""")]
    [InlineData("""{"subjects":["a"],"attributes":{"\ud83d":1}}""")]
    [InlineData("""{"subjects":["a"],"attributes":{"k":"\u0000"}}""")]
    [InlineData("""{"subjects":["a"],"attributes":{"k":1,"k":2}}""")]
    [InlineData("""{"subjects":["a"],"attributes":{"k":1e400}}""")]
    public async Task Refuses_empty_texts_and_what_is_no_text(string command)
    {
        var one = await fixture.Client.PostRawAsync("/attestations", command);
        var batch = await fixture.Client.PostRawAsync("/attestations/batch", $$"""{"commands":[{{command}}]}""");
        var stream = await fixture.Client.PostContentAsync("/attestations/stream", new StringContent($"{command}\n"), RowsClient.Ndjson);

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest), (one.Status, batch.Status));
        Assert.Equal("failed", stream.Statuses);
        Assert.Equal(0, await fixture.CountAsync());
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"a":null,"b":true,"c":[],"d":{},"":"empty name"}""")]
    [InlineData("""{"deep":{"er":{"est":[[[{"x":[1,{"y":null}]}]]]}}}""")]
    [InlineData("""{"n":[0,-1,1.5,1.50,12345678901234567890123456789012.34,1e300,-1E-300,123456789012345678]}""")]
    [InlineData("""{"z":1,"a":2,"Ä":"ü","日本":"🎉","quote\"back\\slash":"tab\t\u2028"}""")]
    [InlineData("""{ "white" : [ 1 , 2 ] ,  "space" : "is  kept  inside" }""")]
    public async Task Keeps_attributes_as_the_same_json_value(string attributes)
    {
        var answer = await fixture.Client.PostRawAsync("/attestations", $$"""{"subjects":["s"],"attributes":{{attributes}}}""");
        var got = await fixture.Client.GetAnswerAsync(answer.Header("Location")!);

        Assert.Equal(HttpStatusCode.Created, answer.Status);
        var sent = JsonElement.Parse(attributes);
        Assert.True(JsonElement.DeepEquals(sent, answer.Root.GetProperty("attributes")), answer.Text);
        Assert.True(JsonElement.DeepEquals(sent, got.Root.GetProperty("attributes")), got.Text);
    }

    [Fact]
    public async Task Answers_on_one_line_whatever_the_white_space_of_the_attributes()
    {
        var answer = await fixture.Client.PostContentAsync(
            "/attestations/batch",
            new StringContent("{\"commands\":[{\"subjects\":[\"a\"],\"attributes\":{\n\"x\" :\r\n 1 }}],\"mode\":\"best_effort\"}"),
            RowsClient.Json,
            ("Accept", RowsClient.Ndjson));

        Assert.Equal(2, answer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal("""{"x":1}""", answer.Results[0].GetProperty("attestation").GetProperty("attributes").GetRawText());
    }

    [Theory]
    [InlineData("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z")]
    [InlineData("2026-01-02t03:04:05z", "2026-01-02T03:04:05Z")]
    [InlineData("2026-01-02 03:04:05.120+05:30", "2026-01-01T21:34:05.12Z")]
    [InlineData("2026-01-02T03:04:05.1234567-08:00", "2026-01-02T11:04:05.123456Z")]
    [InlineData("2026-01-02T03:04:05.999999999Z", "2026-01-02T03:04:05.999999Z")]
    [InlineData("1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999999Z")]
    [InlineData("2024-02-29T12:00:00+14:00", "2024-02-28T22:00:00Z")]
    public async Task Keeps_times_in_utc_with_microseconds(string sent, string kept)
    {
        var answer = await fixture.Client.PostAsync("/attestations", new { subjects = new[] { "s" }, timestamp = sent });

        Assert.Equal(HttpStatusCode.Created, answer.Status);
        Assert.Equal(kept, answer.Root.GetProperty("timestamp").GetString());
        Assert.Equal(kept, (await fixture.Client.GetAnswerAsync(answer.Header("Location")!)).Root.GetProperty("timestamp").GetString());
    }

    [Theory]
    [InlineData("2026-01-02T03:04:05")]
    [InlineData("2026-01-02")]
    [InlineData("2026-02-30T00:00:00Z")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00+01:00")]
    [InlineData("9999-12-31T23:59:59-01:00")]
    [InlineData("10000-01-01T00:00:00Z")]
    [InlineData("infinity")]
    [InlineData("now")]
    public async Task Refuses_what_is_no_time(string sent)
    {
        var answer = await fixture.Client.PostAsync("/attestations", new { subjects = new[] { "s" }, timestamp = sent });

        Assert.Equal((HttpStatusCode.BadRequest, "FIELD_INVALID"), (answer.Status, answer.Code));
        Assert.DoesNotContain(sent, answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_lists_as_postgresql_reads_them()
    {
        List<string[]> lists = [[], [""], s_hostile, .. s_hostile.Select(text => new[] { text }), .. s_hostile.Select(text => new[] { text, "", text })];
        await using var command = fixture.Database.CreateCommand("SELECT x::text[] FROM unnest($1) WITH ORDINALITY AS u(x, ord) ORDER BY ord");
        command.Parameters.Add(new Npgsql.NpgsqlParameter<string[]> { TypedValue = [.. lists.Select(list => TextArrayLiteral.Of(list))] });

        await using var reader = await command.ExecuteReaderAsync();
        foreach (var list in lists)
        {
            Assert.True(await reader.ReadAsync());
            Assert.Equal(list, reader.GetFieldValue<string[]>(0));
        }
    }

    private async Task AssertKeptAsync(RowsAnswer answer, IReadOnlyList<JsonElement> sent)
    {
        Assert.Equal(sent.Count, answer.Sums().Succeeded);
        foreach (var (created, command) in answer.Created().Zip(sent))
        {
            var got = (await fixture.Client.GetAnswerAsync($"/attestations/{created.Id()}")).Root;
            Assert.True(JsonElement.DeepEquals(created, got), $"{created}\n{got}");
            foreach (var field in command.EnumerateObject())
                Assert.True(JsonElement.DeepEquals(field.Value, created.GetProperty(field.Name)), $"{field}\n{created}");
        }
    }
}
