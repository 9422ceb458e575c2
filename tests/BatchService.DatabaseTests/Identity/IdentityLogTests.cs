using System.Text;
using BatchService.DatabaseTests.Entities;
using BatchService.DatabaseTests.Rows;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace BatchService.DatabaseTests.Identity;

/// <summary>The service with everything that it logs kept.</summary>
public class IdentityLogFixture : IdentityFixture
{
    internal EntityLog Log { get; } = new();

    public void Listen() => Services.GetRequiredService<ILoggerFactory>().AddProvider(Log);
}

/// <summary>What may not be in the log is not in the log.</summary>
public sealed class IdentityLogTests(IdentityLogFixture service) : IClassFixture<IdentityLogFixture>
{
    [Fact]
    public async Task Tokens_keys_values_and_subjects_are_not_logged()
    {
        service.Listen();
        var good = TokenText.Of(("sub", "subject-in-the-log"), ("roles", "clerk"), ("tenant", "red"));
        string[] tokens = [good, good[..^8], TokenText.Of(("exp", 1)), TokenText.Of(("aud", "other-audience-in-the-log")), "x.y.z"];
        foreach (var token in tokens)
        {
            using var client = service.With(token);
            using var content = new StringContent(
                """{"operations":[{"entity":"customer","action":"create","store_params":{"tenant":"red","secret":"S3CRET-LOG","name":"NAME-LOG"}},{"entity":"customer","action":"create","store_params":{"tenant":"blue"}}]}""",
                Encoding.UTF8, "application/json");
            using var response = await client.PostAsync("/batch", content);
            Assert.Contains((int)response.StatusCode, new[] { 401, 403 });
        }

        Assert.Contains("POST", service.Log.Text, StringComparison.Ordinal);
        string[] secrets = [TokenText.Key, "S3CRET", "NAME-LOG", "in-the-log", .. tokens.SelectMany(token => token.Split('.')).Where(part => part.Length > 8)];
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, service.Log.Text, StringComparison.Ordinal));
    }
}

/// <summary>An idempotency key belongs to who sent it.</summary>
public sealed class IdentityKeyTests(IdentityFixture service) : IClassFixture<IdentityFixture>
{
    [Fact]
    public async Task The_same_key_of_another_caller_is_another_key()
    {
        const string Body = """{ "action": "create", "items": [ { "name": "keyed" } ] }""";
        using var alice = service.With(TokenText.Of(("sub", "alice")));
        using var bob = service.With(TokenText.Of(("sub", "bob")));

        var first = await alice.PostTextAsync("plain", Body, RowsClient.Json, ("Idempotency-Key", "k"));
        var others = await bob.PostTextAsync("plain", Body, RowsClient.Json, ("Idempotency-Key", "k"));
        var again = await alice.PostTextAsync("plain", Body, RowsClient.Json, ("Idempotency-Key", "k"));
        var otherBody = await bob.PostTextAsync("plain", Body.Replace("keyed", "k2", StringComparison.Ordinal), RowsClient.Json, ("Idempotency-Key", "k"));

        Assert.Equal((null, null, "true"), (first.Header("Idempotent-Replayed"), others.Header("Idempotent-Replayed"), again.Header("Idempotent-Replayed")));
        Assert.NotEqual(first.Text, others.Text);
        Assert.Equal(first.Text, again.Text);
        Assert.Equal(422, (int)otherBody.Status);
        Assert.Equal("keyed keyed", await service.TextAsync("SELECT name FROM plain WHERE name = 'keyed'"));
    }
}

/// <summary>Claims of an operation under real tokens, also where the set is divided to find its bad rows.</summary>
public sealed class IdentityClaimsTests(IdentityFixture service) : IClassFixture<IdentityFixture>, IAsyncLifetime
{
    public Task InitializeAsync() => service.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Fewer_roles_see_less()
    {
        using var client = service.As("reader", "auditor");
        var answer = await client.EachAsync(
            """{ "entity": "customer", "action": "read" }""",
            """{ "entity": "customer", "action": "read", "claims": { "roles": ["reader"] } }""",
            """{ "entity": "customer", "action": "read", "claims": { "roles": [] } }""",
            """{ "entity": "customer", "action": "read", "query_params": { "salary": 333 }, "claims": { "roles": ["reader"] } }""",
            """{ "entity": "customer", "action": "read", "query_params": { "salary": 333 } }""");

        Assert.Equal(4, answer.Expect(207).DataOf(0).Count);
        Assert.Equal(3, answer.DataOf(1).Count);
        Assert.Equal(["PERMISSION_DENIED", "COLUMN_UNKNOWN"], new[] { 2, 3 }.Select(index => answer.Results[index].GetProperty("code").GetString()));
        Assert.Single(answer.DataOf(4));
    }

    [Fact]
    public async Task A_role_may_have_a_blank_in_its_name()
    {
        using var client = service.As("reader", "sales manager");

        (await client.OneAsync("""{ "entity": "customer", "action": "read", "claims": { "roles": ["reader", "sales manager"] } }""")).Expect(200);
        (await client.OneAsync("""{ "entity": "plain", "action": "read", "claims": { "roles": "sales manager" } }""")).Expect(200);
        (await client.OneAsync("""{ "entity": "customer", "action": "read", "claims": { "roles": "sales manager" } }"""))
            .ExpectError(403, "PERMISSION_DENIED");
    }

    [Theory]
    [InlineData("""{ "roles": ["auditor"] }""")]
    [InlineData("""{ "tenant": "blue" }""")]
    [InlineData("""{ "sub": "mallory" }""")]
    [InlineData("""{ "scope": "batch:admin" }""")]
    public async Task More_than_the_token_has_needs_the_scope_to_impersonate(string claims)
    {
        var operation = $$"""{ "entity": "customer", "action": "read", "claims": {{claims}} }""";
        using var client = service.As("reader");
        using var impersonator = service.With(TokenText.Of(("roles", "reader"), ("tenant", "red"), ("scope", "batch:read batch:impersonate")));

        (await client.OneAsync(operation)).ExpectError(403, "CLAIMS_NOT_ALLOWED");
        var answer = await impersonator.OneAsync(operation);

        Assert.NotEqual("CLAIMS_NOT_ALLOWED", answer.Body.TryGetProperty("code", out var code) ? code.GetString() : "");
    }

    [Fact]
    public async Task An_impersonator_sees_what_the_other_sees()
    {
        using var client = service.With(TokenText.Of(("roles", "reader"), ("tenant", "red"), ("scope", "batch:read batch:impersonate")));

        var other = await client.OneAsync("""{ "entity": "customer", "action": "read", "claims": { "tenant": "blue" } }""");

        Assert.Equal("3", other.Expect(200).Column("customer_id"));
    }

    [Fact]
    public async Task Narrowed_claims_hold_while_a_failing_set_is_divided()
    {
        using var client = service.With(TokenText.Of(("sub", "alice"), ("scope", "batch:write batch:impersonate")));
        var rows = string.Join(", ", Enumerable.Range(0, 20).Select(number => $$"""{ "note": "{{(number == 13 ? "bad" : "good")}}" }"""));
        var operations = Enumerable.Range(0, 6).Select(number =>
            $$"""{ "entity": "claim_log", "action": "create", "store_params": { "note": "{{(number == 3 ? "bad" : "good")}}" }, "claims": { "sub": "bob" } }""").ToArray();

        (await client.EachAsync(operations)).Expect(207);
        (await client.OneAsync($$"""{ "entity": "claim_log", "action": "create", "store_params": [ {{rows}} ], "claims": { "sub": "bob" } }""")).Expect(422);

        Assert.Equal("bob bob", await service.TextAsync("SELECT DISTINCT sub || ' ' || (claims ->> 'sub') FROM claim_log"));
    }
}

/// <summary>A service above its policies says so.</summary>
public sealed class RowSecurityWarningTests
{
    [Theory]
    [InlineData("ENABLE", true)]
    [InlineData("DISABLE", false)]
    public async Task A_role_that_bypasses_policies_is_warned_of_at_start(string security, bool expected)
    {
        var fixture = new BypassFixture(security);
        await fixture.InitializeAsync();
        try
        {
            var log = new EntityLog();
            using var warning = new BatchService.Entities.RowSecurityWarning(
                fixture.Services.GetRequiredService<NpgsqlDataSource>(),
                fixture.Services.GetRequiredService<Microsoft.Extensions.Options.IOptions<BatchService.Entities.EntitiesOptions>>(),
                fixture.Services.GetRequiredService<Microsoft.Extensions.Configuration.IConfiguration>(),
                new Logger<BatchService.Entities.RowSecurityWarning>(LoggerFactory.Create(builder => builder.AddProvider(log))));
            await warning.StartAsync(CancellationToken.None);
            await warning.ExecuteTask!;

            Assert.Equal(expected, log.Text.Contains("bypasses row-level security, and 1 tables have policies", StringComparison.Ordinal));
            Assert.Contains(fixture.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>(), service => service is BatchService.Entities.RowSecurityWarning);
        }
        finally
        {
            await fixture.DisposeAsync();
        }
    }

    private sealed class BypassFixture(string security) : ServiceFixture
    {
        protected override Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken) => database.ExecuteAsync(
            $"CREATE TABLE doc (id integer PRIMARY KEY); ALTER TABLE doc {security} ROW LEVEL SECURITY; CREATE POLICY p ON doc USING (true)");
    }
}
