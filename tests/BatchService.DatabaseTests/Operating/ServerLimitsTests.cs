using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Operating;

/// <summary>Slow, large and many: who misbehaves is refused, everyone else is served, and the memory comes back.</summary>
public sealed class ServerLimitsTests(RowsFixture fixture) : IClassFixture<RowsFixture>, IAsyncLifetime
{
    private const string Stream = "/entities/word/batch?action=create&atomic=false&continueOnError=true";

    private ServiceProcess _service = null!;

    private Uri Address => _service.Address!;

    public async Task InitializeAsync()
    {
        await fixture.ResetAsync();
        _service = await ServiceProcess.StartAsync(
            $"ConnectionStrings:Batch={fixture.ServiceConnection}",
            "Limits:HeadersTimeoutSeconds=2",
            "Limits:BodyGraceSeconds=3",
            "Limits:MinBodyBytesPerSecond=1000",
            "Limits:MaxConcurrentRequests=4",
            "Limits:MaxHeaderBytes=8192",
            "Limits:MaxHeaders=20");
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task Ends_a_connection_whose_headers_do_not_come()
    {
        using var slow = new TcpClient();
        await slow.ConnectAsync(Address.Host, Address.Port);
        await slow.GetStream().WriteAsync("POST /batch HTTP/1.1\r\nHost: a\r\n"u8.ToArray());

        Assert.StartsWith("HTTP/1.1 408", await ReadToEndAsync(slow), StringComparison.Ordinal);
        await AssertServedAsync();
    }

    [Fact]
    public async Task Ends_a_stream_that_is_too_slow_and_keeps_what_it_has_written()
    {
        await using var wire = await RowsWire.PostAsync(Address, Stream);
        await wire.WriteAsync("{\"text\":\"slow\"}\n");
        Assert.Contains("completed", await wire.ReadLineAsync(), StringComparison.Ordinal);

        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            var line = "";
            while (line is not null)
            {
                line = await wire.ReadLineAsync();
            }
        });

        Assert.Equal(1, await fixture.CountAsync("word"));
        await AssertServedAsync();
    }

    [Theory]
    [InlineData(9_000, 1)]
    [InlineData(10, 30)]
    public async Task Refuses_headers_that_are_too_large_or_too_many(int length, int count)
    {
        using var client = new HttpClient { BaseAddress = Address };
        for (var index = 0; index < count; index++)
        {
            client.DefaultRequestHeaders.Add($"X-Test-{index}", new string('x', length));
        }

        using var response = await client.GetAsync("/healthz");

        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, response.StatusCode);
        await AssertServedAsync();
    }

    [Fact]
    public async Task Refuses_at_once_what_is_more_than_it_serves_and_still_answers_probes()
    {
        var held = new List<RowsWire>();
        for (var index = 0; index < 4; index++)
        {
            held.Add(await RowsWire.PostAsync(Address, Stream));
            await held[^1].WriteAsync($"{{\"text\":\"held{index}\"}}\n");
            Assert.Contains("completed", await held[^1].ReadLineAsync(), StringComparison.Ordinal);
        }

        using var client = new HttpClient { BaseAddress = Address };
        var clock = Stopwatch.StartNew();
        using var refused = await client.PostAsync("/batch", """{"operations":[]}""");
        var took = clock.Elapsed;
        using var alive = await client.GetAsync("/healthz");
        using var ready = await client.GetAsync("/readyz");
        foreach (var wire in held)
        {
            await wire.EndAsync();
            Assert.Contains("summary", await wire.ReadLineAsync(), StringComparison.Ordinal);
            await wire.DisposeAsync();
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal("OVERLOADED", (await refused.JsonAsync()).GetProperty("code").GetString());
        Assert.NotNull(refused.Header("Retry-After"));
        Assert.True(took < TimeSpan.FromSeconds(1.5), $"{took}");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (alive.StatusCode, ready.StatusCode));
        await RowsWait.UntilAsync(async () =>
        {
            using var again = await client.GetAsync("/entities");
            return again.StatusCode == HttpStatusCode.OK;
        });
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Bombs_are_refused_and_their_memory_comes_back(string encoding)
    {
        var bomb = Compress(encoding, 200_000_000);
        using var client = new HttpClient { BaseAddress = Address };
        await SendAsync();
        var before = Megabytes();
        for (var call = 0; call < 10; call++)
        {
            await SendAsync();
        }

        Assert.True(Megabytes() - before < 100, $"{before} MB became {Megabytes()} MB.");
        await AssertServedAsync();

        async Task SendAsync()
        {
            using var content = new ByteArrayContent(bomb);
            content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
            content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
            using var response = await client.PostAsync("/batch", content);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        }
    }

    [Fact]
    public async Task Names_no_server_and_sends_the_security_headers_with_every_answer()
    {
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = Address };
        string[] paths = ["/healthz", "/readyz", "/nowhere", "/entities", "/entities/ghost", "/batch", "/batch/errors", "/batch/audit", "/metrics", "/jobs", "/jobs/jobs.js", "/batch/jobs", "/swagger/index.html", "/openapi/v1.json", "/frames?x=1"];
        foreach (var path in paths)
        {
            using var response = await client.GetAsync(path);
            Assert.Null(response.Header("Server"));
            Assert.Equal("nosniff", response.Header("X-Content-Type-Options"));
            Assert.Equal("no-referrer", response.Header("Referrer-Policy"));
            Assert.Equal("DENY", response.Header("X-Frame-Options"));
            Assert.Equal("same-origin", response.Header("Cross-Origin-Resource-Policy"));
            Assert.Contains("frame-ancestors 'none'", response.Header("Content-Security-Policy"), StringComparison.Ordinal);
        }
    }

    private static byte[] Compress(string encoding, int bytes)
    {
        using var memory = new MemoryStream();
        using (Stream stream = encoding == "gzip" ? new GZipStream(memory, CompressionLevel.SmallestSize) : new BrotliStream(memory, CompressionLevel.Fastest))
        {
            stream.Write("{\"operations\":\""u8);
            var block = Encoding.ASCII.GetBytes(new string('a', 1_000_000));
            for (var written = 0; written < bytes; written += block.Length)
            {
                stream.Write(block);
            }
        }

        return memory.ToArray();
    }

    private static async Task<string> ReadToEndAsync(TcpClient client)
    {
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    private long Megabytes()
    {
        using var process = Process.GetProcessById(_service.Id);
        return process.WorkingSet64 / 1_000_000;
    }

    private async Task AssertServedAsync()
    {
        using var client = new HttpClient { BaseAddress = Address };
        using var response = await client.GetAsync("/entities");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}

/// <summary>The defaults, by which a sender who pauses must live.</summary>
public sealed class ServerLimitDefaultsTests
{
    [Fact]
    public void A_stream_may_pause_for_more_than_a_minute() => Assert.True(new BatchService.Http.LimitsOptions().BodyGraceSeconds > 60);
}
