using Npgsql;

namespace BatchService.DatabaseTests.Entities;

/// <summary>The service connected as a role that owns nothing, on a table whose policy reads the caller's claims.</summary>
public sealed class EntityRowSecurityFixture : ServiceFixture, IAsyncLifetime
{
    private readonly string _role = $"tenant_{Guid.NewGuid():N}";

    protected override async Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken) => await database.ExecuteAsync($$"""
        CREATE TABLE doc (id integer PRIMARY KEY, owner text NOT NULL, body text);
        ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON doc USING (owner = current_setting('request.jwt.claims', true)::json ->> 'sub'
                                        OR owner = current_setting('request.jwt.claim.sub', true) || '!');
        INSERT INTO doc VALUES (1, 'dev', 'mine'), (2, 'other', 'S3CRET'), (3, 'dev!', 'mine too');
        CREATE TABLE closed (id integer PRIMARY KEY);
        INSERT INTO closed VALUES (1);
        CREATE ROLE {{_role}} LOGIN PASSWORD 'tenant';
        GRANT USAGE ON SCHEMA public, batch TO {{_role}};
        GRANT ALL ON ALL TABLES IN SCHEMA batch TO {{_role}};
        GRANT ALL ON ALL SEQUENCES IN SCHEMA batch TO {{_role}};
        GRANT CREATE ON SCHEMA batch TO {{_role}};
        GRANT SELECT, INSERT, UPDATE, DELETE ON doc TO {{_role}};
        """);

    protected override void Configure(IDictionary<string, string?> settings) =>
        settings["ConnectionStrings:Batch"] = new NpgsqlConnectionStringBuilder(settings["ConnectionStrings:Batch"])
        {
            Username = _role,
            Password = "tenant",
        }.ConnectionString;

    /// <summary>A role belongs to the server, which may outlive the database.</summary>
    async Task IAsyncLifetime.DisposeAsync()
    {
        await Database.ExecuteAsync($"DROP OWNED BY {_role}; DROP ROLE {_role}");
        await DisposeAsync();
    }
}

/// <summary>Row-level security of the database holds for every action.</summary>
public sealed class EntityRowSecurityTests(EntityRowSecurityFixture fixture) : IClassFixture<EntityRowSecurityFixture>
{
    [Fact]
    public async Task Hidden_rows_are_not_read_counted_or_asserted()
    {
        var rows = await fixture.Client.OneAsync("""{"entity": "doc", "action": "read"}""");
        var count = await fixture.Client.OneAsync("""{"entity": "doc", "action": "read", "metadata_params": {"count": true}}""");
        var assert = await fixture.Client.OneAsync("""{"entity": "doc", "action": "assert", "query_params": {"id": 2}}""");

        Assert.Equal("1 3", rows.Expect(200).Column("id"));
        Assert.Equal(2, count.Expect(200).Row.GetProperty("count").GetInt32());
        assert.ExpectError(412, "ASSERTION_FAILED");
    }

    [Theory]
    [InlineData("""{"entity": "doc", "action": "update", "query_params": {"id": 2}, "store_params": {"body": "x"}}""")]
    [InlineData("""{"entity": "doc", "action": "delete", "query_params": {"id": 2}}""")]
    public async Task Hidden_rows_are_not_touched(string operation)
    {
        var answer = await fixture.Client.OneAsync(operation);

        answer.ExpectError(404, "NOT_MODIFIED");
        Assert.Equal("other,S3CRET", await fixture.Database.RowsAsync("SELECT owner, body FROM doc WHERE id = 2"));
    }

    [Theory]
    [InlineData("""{"entity": "doc", "action": "create", "store_params": {"id": 10, "owner": "other"}}""")]
    [InlineData("""{"entity": "doc", "action": "upsert", "store_params": {"id": 11, "owner": "other"}}""")]
    [InlineData("""{"entity": "doc", "action": "upsert", "store_params": {"id": 2, "owner": "dev"}}""")]
    [InlineData("""{"entity": "doc", "action": "update", "query_params": {"id": 1}, "store_params": {"owner": "other"}}""")]
    public async Task A_row_that_the_policy_refuses_is_a_row_security_violation(string operation)
    {
        var atomic = await fixture.Client.OneAsync(operation);
        var each = await fixture.Client.EachAsync(operation, """{"entity": "doc", "action": "read", "query_params": {"id": 1}}""");

        Assert.StartsWith("/operations/0/store_params", atomic.ExpectError(403, "ROW_SECURITY_VIOLATION").Pointer, StringComparison.Ordinal);
        each.ExpectError(207, "ROW_SECURITY_VIOLATION");
        Assert.DoesNotContain("S3CRET", atomic.Text + each.Text, StringComparison.Ordinal);
        Assert.Equal("1,dev 2,other 3,dev!", await fixture.Database.RowsAsync("SELECT id, owner FROM doc WHERE id IN (1, 2, 3, 10, 11) ORDER BY 1"));
    }

    [Fact]
    public async Task An_upsert_that_ignores_cannot_claim_to_know_a_hidden_row()
    {
        var answer = await fixture.Client.OneAsync("""
            {"entity": "doc", "action": "upsert", "store_params": {"id": 2, "owner": "dev"}, "metadata_params": {"on_conflict": {"action": "ignore"}}}
            """);

        Assert.DoesNotContain("S3CRET", answer.Text, StringComparison.Ordinal);
        Assert.NotEqual(500, answer.Status);
        Assert.Equal("other,S3CRET", await fixture.Database.RowsAsync("SELECT owner, body FROM doc WHERE id = 2"));
    }

    [Fact]
    public async Task Rows_that_the_policy_allows_are_written()
    {
        var answer = await fixture.Client.ManyAsync(
            """{"entity": "doc", "action": "create", "store_params": {"id": 20, "owner": "dev", "body": "a"}}""",
            """{"entity": "doc", "action": "upsert", "store_params": {"id": 20, "owner": "dev", "body": "b"}}""",
            """{"entity": "doc", "action": "delete", "query_params": {"id": 20}}""");

        Assert.Equal("b", answer.Expect(200).DataOf(2)[0].GetProperty("body").GetString());
    }

    [Fact]
    public async Task A_table_that_the_role_may_not_touch_is_denied()
    {
        var read = await fixture.Client.OneAsync("""{"entity": "closed", "action": "read"}""");
        var create = await fixture.Client.OneAsync("""{"entity": "closed", "action": "create", "store_params": {"id": 2}}""");

        read.ExpectError(403, "PERMISSION_DENIED");
        create.ExpectError(403, "PERMISSION_DENIED");
    }
}
