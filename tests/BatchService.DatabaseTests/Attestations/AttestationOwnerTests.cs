using System.Net;

namespace BatchService.DatabaseTests.Attestations;

/// <summary><c>Attestations:PerCaller</c>: every caller has a store of its own.</summary>
public sealed class AttestationOwnerTests(AttestationOwnerTests.OwnerFixture fixture) : IClassFixture<AttestationOwnerTests.OwnerFixture>, IAsyncLifetime
{
    private static readonly string s_mine = AttestationsFixture.IdOf(1);
    private static readonly string s_theirs = AttestationsFixture.IdOf(2);

    public async Task InitializeAsync()
    {
        await fixture.ClearAsync();
        await fixture.InsertAsync(s_theirs, creator: "somebody else");
        await fixture.Client.CreateAsync([new { id = s_mine, subjects = new[] { "stored" } }]);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Gets_what_is_ones_own()
    {
        Assert.Equal(HttpStatusCode.OK, (await fixture.Client.GetAnswerAsync($"/attestations/{s_mine}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await fixture.Client.GetAnswerAsync($"/attestations/{s_theirs}")).Status);
    }

    [Fact]
    public async Task Finds_and_lists_what_is_ones_own()
    {
        Assert.Equal([s_mine], (await fixture.Client.FindAsync(new { subjects = new[] { "stored" } })).Select(one => one.Id()));
        Assert.Equal([s_mine], (await fixture.Client.GetAnswerAsync("/attestations")).Created().Select(one => one.Id()));
        Assert.Equal([s_mine], (await fixture.Client.GetAnswerAsync("/attestations?subject=stored")).Created().Select(one => one.Id()));
    }

    [Theory]
    [InlineData("atomic")]
    [InlineData("best_effort")]
    public async Task Deletes_nothing_of_others_and_answers_as_if_it_were_not_there(string mode)
    {
        var theirs = await fixture.Client.DeleteIdsAsync([s_mine, s_theirs], mode);
        var unknown = await fixture.Client.DeleteIdsAsync([AttestationsFixture.IdOf(9)], "best_effort");

        Assert.Equal("1:NOT_FOUND", theirs.Failures);
        Assert.Equal(
            unknown.Root.GetProperty("errors").GetProperty("0").GetString(), theirs.Root.GetProperty("errors").GetProperty("1").GetString());
        Assert.Equal(mode == "atomic" ? [s_mine, s_theirs] : [s_theirs], await fixture.IdsAsync());
    }

    [Fact]
    public async Task Keeps_who_stored_it() => Assert.Equal(1, await fixture.CountAsync($"id = '{s_mine}' AND created_by = 'dev'"));

    /// <summary>The service with the setting on.</summary>
    public class OwnerFixture : AttestationsFixture
    {
        protected override void Configure(IDictionary<string, string?> settings) => settings["Attestations:PerCaller"] = "true";
    }
}
