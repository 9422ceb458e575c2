using System.Net;
using System.Text.Json;
using BatchService.DatabaseTests.Jobs;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Attestations;

/// <summary><c>POST /attestations/batch/delete</c>.</summary>
public sealed class AttestationDeleteTests(AttestationsFixture fixture) : IClassFixture<AttestationsFixture>, IAsyncLifetime
{
    private static readonly string s_unknown = AttestationsFixture.IdOf(999);

    private static readonly string[] s_ids = [.. Enumerable.Range(0, 5).Select(AttestationsFixture.IdOf)];

    public async Task InitializeAsync()
    {
        await fixture.ClearAsync();
        foreach (var id in s_ids)
            await fixture.InsertAsync(id);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(null)]
    [InlineData("atomic")]
    [InlineData("best_effort")]
    public async Task Deletes_what_is_named_and_nothing_else(string? mode)
    {
        var answer = await fixture.Client.DeleteIdsAsync([s_ids[3], s_ids[0]], mode);

        Assert.Equal((HttpStatusCode.OK, (2, 0, 2)), (answer.Status, answer.Sums()));
        Assert.Equal([s_ids[3], s_ids[0]], answer.Root.GetProperty("deleted").EnumerateArray().Select(id => id.GetString()));
        Assert.Equal(100, answer.Root.GetProperty("success_rate").GetDouble());
        Assert.Equal("", answer.ErrorIndexes());
        Assert.Equal([s_ids[1], s_ids[2], s_ids[4]], await fixture.IdsAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await fixture.Client.GetAnswerAsync($"/attestations/{s_ids[0]}")).Status);
    }

    [Fact]
    public async Task Deletes_nothing_when_one_is_unknown_and_all_or_nothing_is_asked_for()
    {
        var answer = await fixture.Client.DeleteIdsAsync([s_ids[0], s_unknown, s_ids[1]]);

        Assert.Equal((HttpStatusCode.NotFound, "NOT_FOUND", "1:NOT_FOUND"), (answer.Status, answer.Code, answer.Failures));
        Assert.Equal("rolled_back failed rolled_back", answer.Statuses);
        Assert.Equal("/ids/1", answer.Root.GetProperty("problems")[0].GetProperty("pointer").GetString());
        Assert.Equal(0, answer.Root.GetProperty("deleted").GetArrayLength());
        Assert.Equal(5, await fixture.CountAsync());
    }

    [Fact]
    public async Task Deletes_the_others_in_best_effort()
    {
        var answer = await fixture.Client.DeleteIdsAsync([s_unknown, s_ids[0], "no id at all", s_ids[1]], "best_effort");

        Assert.Equal((HttpStatusCode.MultiStatus, (2, 2, 4), "0:NOT_FOUND 2:NOT_FOUND"), (answer.Status, answer.Sums(), answer.Failures));
        Assert.Equal("0 2", answer.ErrorIndexes());
        Assert.Equal("There is no attestation with this id", answer.Root.GetProperty("errors").GetProperty("0").GetString());
        Assert.Equal(50, answer.Root.GetProperty("success_rate").GetDouble());
        Assert.Equal(3, await fixture.CountAsync());
    }

    [Theory]
    [InlineData("atomic")]
    [InlineData("best_effort")]
    public async Task Refuses_an_id_that_comes_again(string mode)
    {
        var answer = await fixture.Client.DeleteIdsAsync([s_ids[0], s_ids[1], s_ids[0], s_ids[0]], mode);

        Assert.Equal("2:DUPLICATE_IN_BATCH 3:DUPLICATE_IN_BATCH", answer.Failures);
        Assert.Equal(mode == "atomic" ? 5 : 3, await fixture.CountAsync());
        Assert.Equal(mode == "atomic" ? HttpStatusCode.Conflict : HttpStatusCode.MultiStatus, answer.Status);
        Assert.Equal((s_ids[0], "/ids/2"), (answer.Results[2].Id(), answer.Results[2].GetProperty("pointer").GetString()));
    }

    [Theory]
    [InlineData("atomic")]
    [InlineData("best_effort")]
    public async Task Finds_every_unknown_id_among_thousands(string mode)
    {
        await fixture.ClearAsync();
        await fixture.Client.CreateAsync(
            Enumerable.Range(0, 2_500).Select(number => new { id = AttestationsFixture.LargeIdOf(number), subjects = new[] { "s" } }), headers: ("Prefer", "return=minimal"));
        await fixture.Client.DeleteIdsAsync(new[] { 0, 998, 999, 1_000, 2_499 }.Select(AttestationsFixture.LargeIdOf));

        var answer = await fixture.Client.DeleteIdsAsync(Enumerable.Range(0, 2_500).Select(AttestationsFixture.LargeIdOf), mode);

        Assert.Equal("0:NOT_FOUND 998:NOT_FOUND 999:NOT_FOUND 1000:NOT_FOUND 2499:NOT_FOUND", answer.Failures);
        Assert.Equal(mode == "atomic" ? 2_495 : 0, await fixture.CountAsync());
    }

    [Fact]
    public async Task Takes_an_empty_list_for_a_success_of_nothing()
    {
        var answer = await fixture.Client.DeleteIdsAsync([]);

        Assert.Equal((HttpStatusCode.OK, (0, 0, 0)), (answer.Status, answer.Sums()));
        Assert.Equal(5, await fixture.CountAsync());
    }

    [Fact]
    public async Task Answers_quickly_when_one_id_comes_20_000_times()
    {
        var answer = await fixture.Client.DeleteIdsAsync(Enumerable.Repeat(s_ids[0], 20_000), "best_effort");

        Assert.Equal((HttpStatusCode.MultiStatus, (1, 19_999, 20_000)), (answer.Status, answer.Sums()));
        Assert.Equal(4, await fixture.CountAsync());
    }

    [Theory]
    [InlineData("""{}""", "FIELD_MISSING /ids")]
    [InlineData("""{"ids":"x"}""", "FIELD_INVALID /ids")]
    [InlineData("""{"ids":[7]}""", "FIELD_INVALID /ids/0")]
    [InlineData("""{"ids":[],"mode":"x"}""", "FIELD_INVALID /mode")]
    [InlineData("""{"ids":[],"chunk_size":5}""", "FIELD_UNKNOWN /chunk_size")]
    public async Task Refuses_a_wrong_request(string body, string expected)
    {
        var answer = await fixture.Client.PostRawAsync("/attestations/batch/delete", body);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        var problems = answer.Root.TryGetProperty("problems", out var list) ? list : answer.Root.GetProperty("errors");
        Assert.Equal(expected, $"{problems[0].GetProperty("code").GetString()} {problems[0].GetProperty("pointer").GetString()}");
    }

    [Fact]
    public async Task Lets_two_delete_the_same_at_once_and_tells_one_that_it_is_gone()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(client =>
            fixture.Client.DeleteIdsAsync(client % 2 == 0 ? s_ids : s_ids.Reverse(), "best_effort")));

        Assert.Equal(5, answers.Sum(answer => answer.Sums().Succeeded));
        Assert.Equal(15, answers.Sum(answer => answer.Sums().Failed));
        Assert.Equal(0, await fixture.CountAsync());
    }

    [Theory]
    [InlineData("atomic")]
    [InlineData("best_effort")]
    public async Task Has_the_same_outcomes_in_one_call_and_as_a_job(string mode)
    {
        var caller = new JobsCaller(fixture.Client, null);
        var body = JsonSerializer.Serialize(new { ids = new object[] { s_ids[0], s_unknown, 17, s_ids[1], s_ids[0] }, mode });
        var now = await caller.PostAsync("/attestations/batch/delete", body);
        var outcomes = now.Results.Select(result => result.Text("status") switch
        {
            "completed" => "success",
            "failed" => $"failed:{result.Text("code")}",
            _ => $"skipped:{result.Text("code")}",
        });
        await InitializeAsync();
        var later = JobsCaller.IdOf(await caller.PostAsync("/attestations/batch/delete", body, RowsClient.Json, ("Prefer", "respond-async")));
        var job = await caller.EndAsync(later);

        Assert.Equal(("attestation_delete", string.Join(' ', outcomes)), (job.Text("job_type"), await caller.OutcomesAsync(later)));
        Assert.Equal(mode == "atomic" ? 5 : 3, await fixture.CountAsync());
        var items = await caller.ItemsAsync(later);
        Assert.Equal($$"""{"id":"{{s_ids[0]}}"}""", items[0].GetProperty("input_data").GetRawText());
        if (mode == "best_effort")
            Assert.Equal(s_ids[0], items[0].Text("output_data"));
    }

    [Fact]
    public async Task A_failed_csv_of_a_job_imports_again_as_it_is_when_the_cause_is_gone()
    {
        var caller = new JobsCaller(fixture.Client, null);
        var id = await caller.RanAsync(new { job_type = "attestation_delete", items = new[] { new { id = s_unknown }, new { id = s_ids[0] } } });
        var download = (await caller.GetAsync($"/batch/jobs/{id}/results?format=csv&status=failed")).Text;
        await fixture.InsertAsync(s_unknown);
        var again = JobsCaller.IdOf(await caller.PostAsync("/batch/jobs?job_type=attestation_delete", download, RowsClient.Csv));
        await caller.EndAsync(again);

        Assert.Equal("success", await caller.OutcomesAsync(again));
        Assert.Equal(s_ids[1..], await fixture.IdsAsync());
    }
}
