namespace BatchService.DatabaseTests.Jobs;

/// <summary>Without authentication, <c>user_id</c> names the caller: for all that is written, and for all that is written down.</summary>
public sealed class JobsUserTests(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    [Theory]
    [InlineData("ann")]
    [InlineData("Bö\"b ")]
    public async Task Who_is_named_is_the_caller_in_the_claims_and_in_the_audit_as_well(string user)
    {
        await fixture.ExecuteAsync("""
            CREATE TABLE IF NOT EXISTS said (
                said_id integer PRIMARY KEY, sub text DEFAULT current_setting('request.jwt.claim.sub'),
                claimed text DEFAULT current_setting('request.jwt.claims')::jsonb ->> 'sub', roles text DEFAULT current_setting('request.jwt.claims')::jsonb ->> 'roles');
            TRUNCATE said
            """);
        await fixture.DefaultCaller.PostAsync("/entities/reload", "");
        var caller = new JobsCaller(fixture.Client, Uri.EscapeDataString(user));
        var id = await caller.RanAsync(JobsCaller.Rows("said", [new { said_id = 1 }]));

        Assert.Equal("success", await caller.OutcomesAsync(id));
        var row = (await caller.ItemsAsync(id))[0].GetProperty("output_data");
        Assert.Equal((user, user, "[]"), (row.Text("sub"), row.Text("claimed"), row.Text("roles")));
        Assert.Equal(user, await TextAsync($"SELECT caller FROM batch.job WHERE batch_job_id = '{id}'"));
        Assert.Equal(user, await TextAsync($"SELECT caller FROM batch.audit WHERE job_id = '{id}'"));
    }

    private async Task<string?> TextAsync(string sql)
    {
        await using var command = fixture.Database.CreateCommand(sql);
        return (string?)await command.ExecuteScalarAsync();
    }
}
