using System.Net;
using System.Text;
using BatchService.DatabaseTests.Rows;
using Npgsql;

namespace BatchService.DatabaseTests.Attestations;

/// <summary><c>POST /attestations/batch/query</c> when the database fails: a problem while nothing is sent, a broken answer after that.</summary>
public sealed class AttestationQueryFaultTests(AttestationQueryFaultTests.Service fixture) : IClassFixture<AttestationQueryFaultTests.Service>, IAsyncLifetime
{
    private const string Path = "/attestations/batch/query";

    public async Task InitializeAsync()
    {
        await fixture.ClearAsync();
        await fixture.InsertAsync(AttestationsFixture.IdOf(1));
        Assert.Equal(HttpStatusCode.OK, (await fixture.Client.PostRawAsync(Path, """{"filters":[{},{}]}""")).Status);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Answers_503_when_the_database_is_away()
    {
        fixture.Proxy.Cut();
        RowsAnswer answer;
        try
        {
            answer = await fixture.Client.PostRawAsync(Path, """{"filters":[{},{}]}""");
        }
        finally
        {
            fixture.Proxy.Mend();
        }

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "DATABASE_UNAVAILABLE"), (answer.Status, answer.Code));
        Assert.NotNull(answer.Header("Retry-After"));
    }

    [Fact]
    public async Task Answers_504_when_the_deadline_passes()
    {
        await using var connection = await fixture.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var locking = new NpgsqlCommand("LOCK TABLE batch.attestation IN ACCESS EXCLUSIVE MODE", connection);
        await locking.ExecuteNonQueryAsync();

        var answer = await fixture.Client.PostRawAsync(Path, """{"filters":[{}]}""");

        Assert.Equal((HttpStatusCode.GatewayTimeout, "DEADLINE_EXCEEDED"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Breaks_an_answer_off_that_has_begun()
    {
        // More than all buffers on the way can hold.
        await fixture.ExecuteAsync("""
            INSERT INTO batch.attestation (id, subjects, predicates, contexts, actors, timestamp, source, attributes, created_at, created_by)
            SELECT 'AS00USER1' || lpad(n::text, 23, '0'), '{s}', '{_}', '{_}', '{a}', now(), 'test', jsonb_build_object('x', repeat('x', 5000)), now(), 'dev'
            FROM generate_series(1, 8000) AS n
            """);
        using var request = new HttpRequestMessage(HttpMethod.Post, Path)
        {
            Content = new StringContent("""{"filters":[{"limit":8000}]}""", Encoding.UTF8, RowsClient.Json),
        };
        using var response = await fixture.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        try
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            fixture.Proxy.Cut();

            await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsByteArrayAsync());
        }
        finally
        {
            fixture.Proxy.Mend();
        }
    }

    /// <summary>Two seconds for a call, and a way to the database that can be cut.</summary>
    public sealed class Service : AttestationsFixture, IDisposable
    {
        private RowsProxy? _proxy;

        internal RowsProxy Proxy => _proxy!;

        public void Dispose() => _proxy?.Dispose();

        protected override void Configure(IDictionary<string, string?> settings)
        {
            var connection = new NpgsqlConnectionStringBuilder(settings["ConnectionStrings:Batch"]);
            _proxy = new RowsProxy(connection.Host!, connection.Port);
            _proxy.Open();
            (connection.Host, connection.Port) = ("127.0.0.1", _proxy.Port);
            settings["ConnectionStrings:Batch"] = connection.ConnectionString;
            settings["Batch:DeadlineSeconds"] = "2";
            settings["Database:LockTimeout"] = "00:00:20";
        }
    }
}
