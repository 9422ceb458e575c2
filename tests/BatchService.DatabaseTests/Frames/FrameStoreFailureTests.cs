using BatchService.DatabaseTests.Rows;
using Npgsql;
using static BatchService.DatabaseTests.Frames.FramesClient;

namespace BatchService.DatabaseTests.Frames;

/// <summary>What is said when the store fails, and that nothing is left of the batch.</summary>
public sealed class FrameStoreFailureTests(FrameStoreFailureTests.Service service) : IClassFixture<FrameStoreFailureTests.Service>, IAsyncLifetime
{
    public Task InitializeAsync() => service.ExecuteAsync("TRUNCATE batch.frame");

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Answers_503_with_the_store_error_while_the_database_is_away()
    {
        service.Proxy.Cut();
        FramesReply reply;
        try
        {
            reply = await service.Client.PostFramesAsync([Frame("a"), Frame("b")]);
        }
        finally
        {
            service.Proxy.Mend();
        }

        reply.Expect(503);
        Assert.Equal("application/problem+json", reply.MediaType);
        Assert.Equal("DATABASE_UNAVAILABLE", reply.Code);
        Assert.True(reply.Body.GetProperty("retryable").GetBoolean());
        Assert.NotNull(reply.Header("Retry-After"));
        Assert.Equal(("0", "2"), (reply.Header("Batch-Succeeded"), reply.Header("Batch-Failed")));
        Assert.False(reply.Body.GetProperty("success").GetBoolean());
        Assert.Equal(reply.Body.GetProperty("error").GetString(), reply.Body.GetProperty("storeError").GetString());
        Assert.Equal(["a", "b"], reply.Body.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("id").GetString()));
        await RowsWait.UntilAsync(async () => (await service.Client.PostFramesAsync([Frame("a")])).Status == 200);
    }

    [Theory]
    [InlineData("XX000", 500, "INTERNAL", "An internal error occurred.")]
    [InlineData("53100", 503, "DATABASE_UNAVAILABLE", "The database cannot serve the request now.")]
    public async Task Answers_with_the_store_error_and_no_word_of_the_database(string state, int status, string code, string error)
    {
        await service.ExecuteAsync($"""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'secret' USING ERRCODE = '{state}'; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON batch.frame FOR EACH ROW WHEN (NEW.id = 'b') EXECUTE FUNCTION refuse();
            """);
        FramesReply reply;
        try
        {
            reply = await service.Client.PostFramesAsync([Frame("a"), Frame("b")], null, ("Idempotency-Key", state));
        }
        finally
        {
            await service.ExecuteAsync("DROP FUNCTION refuse() CASCADE");
        }

        reply.Expect(status);
        Assert.Equal((code, error), (reply.Code, reply.Body.GetProperty("storeError").GetString()));
        Assert.All(reply.Body.GetProperty("results").EnumerateArray(), result => Assert.Equal(error, result.GetProperty("error").GetString()));
        Assert.DoesNotContain("secret", reply.Text, StringComparison.Ordinal);
        Assert.Equal(0, await service.CountAsync("batch.frame"));
        (await service.Client.PostFramesAsync([Frame("a"), Frame("b")], null, ("Idempotency-Key", state))).Expect(200);
    }

    [Fact]
    public async Task Says_that_a_repetition_can_help_when_a_frame_stays_locked()
    {
        await service.Client.PostFramesAsync([Frame("a")]);
        await using var other = await service.Database.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand("SELECT FROM batch.frame FOR UPDATE", other, transaction);
        await hold.ExecuteNonQueryAsync();

        var reply = (await service.Client.PostFramesAsync([Frame("new"), Frame("a")])).Expect(409);

        Assert.Equal("LOCK_TIMEOUT", reply.Code);
        Assert.True(reply.Body.GetProperty("retryable").GetBoolean());
        Assert.NotNull(reply.Body.GetProperty("storeError").GetString());
        Assert.Equal(1, await service.CountAsync("batch.frame"));
    }

    /// <summary>With a way to the database that can be cut.</summary>
    public sealed class Service : FramesFixture
    {
        internal RowsProxy Proxy { get; private set; } = null!;

        protected override void Configure(IDictionary<string, string?> settings)
        {
            var connection = new NpgsqlConnectionStringBuilder(settings["ConnectionStrings:Batch"]);
            Proxy = new RowsProxy(connection.Host!, connection.Port);
            Proxy.Open();
            (connection.Host, connection.Port) = ("127.0.0.1", Proxy.Port);
            settings["ConnectionStrings:Batch"] = connection.ConnectionString;
            settings["Database:LockTimeout"] = "00:00:00.150";
        }
    }
}
