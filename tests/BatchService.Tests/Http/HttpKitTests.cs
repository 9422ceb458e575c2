using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using BatchService.Batching;
using BatchService.Http;
using BatchService.Jobs;
using BatchService.Operations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Json;

namespace BatchService.Tests.Http;

/// <summary>The kit on a real server of its own, without a database.</summary>
public sealed class HttpKitTests : IAsyncLifetime
{
    private const string Secret = "s3cret";

    private readonly Lines _log = new();
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WebApplication _app;
    private HttpClient _client = new();

    public HttpKitTests()
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.AddHttpKit();
        var log = LogSetup.Levels(builder.Configuration).WriteTo.Sink(_log).CreateLogger();
        builder.Logging.ClearProviders().AddSerilog(log, dispose: true);

        builder.Services.AddSingleton<JobTypes>();

        // Nobody listens on port 1.
        builder.Services.AddSingleton(NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=x;Timeout=1"));
        _app = builder.Build();
        _app.UseHttpKit();
        _app.MapCapabilities();
        _app.MapGet("/defect", string () => throw new InvalidOperationException(Secret));
        _app.MapGet("/overloaded", string () => throw new BatchFaultException(new Error(ErrorCodes.Overloaded, "Busy.")));
        _app.MapGet("/number", (int limit) => limit.ToString());
        _app.MapGet("/caller", (HttpContext context) => context.GetCaller().Subject);
        _app.MapPost("/echo/{entity}", EchoAsync)
            .WithExample("two", """{"items":[1,2]}""")
            .WithExample("rows", "{\"a\":1}\n{\"a\":2}\n", RequestMedia.Ndjson)
            .WithPathExample("entity", "customer")
            .WithQueryParameter("action", "create", "What to do.")
            .WithAnswer(StatusCodes.Status200OK, "Done.")
            .WithBatchHeaders();
        _app.MapPost("/half", async (HttpContext context) =>
        {
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            throw new InvalidOperationException(Secret);
        });
        _app.MapPost("/slow", async (HttpContext context) =>
        {
            _arrived.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }
            finally
            {
                _left.SetResult();
            }
        });
    }

    public async Task InitializeAsync()
    {
        await _app.StartAsync();
        _client = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Theory]
    [InlineData("GET", "/nowhere", 404, "NOT_FOUND")]
    [InlineData("DELETE", "/batch/errors", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("GET", "/batch/errors/NO_SUCH_CODE", 404, "NOT_FOUND")]
    [InlineData("GET", "/batch/errors?x=1", 400, "FIELD_UNKNOWN")]
    [InlineData("GET", "/batch/capabilities?x=1", 400, "FIELD_UNKNOWN")]
    [InlineData("GET", "/number", 400, "FIELD_INVALID")]
    [InlineData("GET", "/number?limit=s3cret", 400, "FIELD_INVALID")]
    [InlineData("GET", "/overloaded", 503, "OVERLOADED")]
    [InlineData("GET", "/defect", 500, "INTERNAL")]
    [InlineData("GET", "/readyz", 503, "DATABASE_UNAVAILABLE")]
    public async Task Answers_every_failure_with_a_problem(string method, string path, int status, string code)
    {
        using var response = await _client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonElement.Parse(text);
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.Matches("^[0-9a-f]{32}$", problem.GetProperty("traceId").GetString());
        Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
        Assert.Equal(status == 503, response.Headers.RetryAfter is not null);
        Assert.True(response.Headers.Contains("X-Content-Type-Options"));
        using var entry = await _client.GetAsync(problem.GetProperty("type").GetString());
        Assert.Equal(code, JsonElement.Parse(await entry.Content.ReadAsStringAsync()).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Names_the_parameter_that_cannot_be_read() =>
        Assert.Contains("'limit'", await (await _client.GetAsync("/number?limit=x")).Content.ReadAsStringAsync(), StringComparison.Ordinal);

    [Fact]
    public async Task Logs_a_defect_once_with_its_exception()
    {
        using var response = await _client.GetAsync("/defect");

        Assert.Single(_log.All, line => line.Level == LogEventLevel.Error);
        Assert.Single(_log.All, line => line.Exception?.Message == Secret);
    }

    [Fact]
    public async Task Logs_the_template_and_never_what_the_client_wrote()
    {
        using var response = await _client.PostAsync($"/echo/{Secret}?action={Secret}", Json($"{{\"{Secret}\":1}}"));

        // The line is written when the answer has left; stopping waits for that.
        await _app.StopAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains(_log.All, line => line.Text.Contains("\"Route\":\"/echo/{entity}\",\"Status\":200", StringComparison.Ordinal)
            && line.Text.Contains("\"Succeeded\":\"2\",\"Failed\":\"1\"", StringComparison.Ordinal));
        Assert.DoesNotContain(_log.All, line => line.Text.Contains(Secret, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("text/plain", "x", 415, "UNSUPPORTED_MEDIA_TYPE")]
    [InlineData("application/json", "", 400, "MALFORMED_JSON")]
    [InlineData("application/json", "{", 400, "MALFORMED_JSON")]
    [InlineData("application/json", "[\"\\ud800\"]", 400, "MALFORMED_JSON")]
    public async Task Refuses_hostile_bodies(string mediaType, string body, int status, string code)
    {
        using var response = await _client.PostAsync("/echo/a", new StringContent(body, Encoding.UTF8, mediaType));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains(code, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_body_over_the_limit_with_or_without_a_length()
    {
        using var content = new StreamContent(new MemoryStream(new byte[11 * 1024 * 1024]));
        content.Headers.ContentType = new("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/echo/a") { Content = content };
        request.Headers.TransferEncodingChunked = true;
        using var chunked = await _client.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, chunked.StatusCode);

        var answer = await RawAsync(
            "POST /echo/a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n");
        Assert.Contains("413", answer, StringComparison.Ordinal);
        Assert.Contains("BODY_TOO_LARGE", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_a_body_with_broken_framing_malformed()
    {
        var answer = await RawAsync(
            "POST /echo/a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n");

        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("MALFORMED_JSON", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cuts_an_answer_off_that_cannot_be_finished()
    {
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => _client.PostAsync("/half", Json("{}")));

        Assert.Single(_log.All, line => line.Level == LogEventLevel.Error);
    }

    [Fact]
    public async Task Logs_no_error_when_the_client_goes_away()
    {
        using var cancellation = new CancellationTokenSource();
        var call = _client.PostAsync("/slow", Json("{}"), cancellation.Token);
        await _arrived.Task;
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await _left.Task;
        await _app.StopAsync();

        Assert.DoesNotContain(_log.All, line => line.Level >= LogEventLevel.Warning);
    }

    [Fact]
    public async Task Is_alive_and_describes_itself()
    {
        Assert.Equal("{\"status\":\"alive\"}", await _client.GetStringAsync("/healthz"));
        Assert.Equal("dev", await _client.GetStringAsync("/caller"));
        var errors = JsonElement.Parse(await _client.GetStringAsync("/batch/errors")).GetProperty("errors");
        var codes = errors.EnumerateArray().Select(error => error.GetProperty("code").GetString());
        Assert.Equal(ErrorCodes.All.Select(code => code.Name), codes);
        var limits = JsonElement.Parse(await _client.GetStringAsync("/batch/capabilities")).GetProperty("limits");
        Assert.Equal(100, limits.GetProperty("max_operations").GetInt32());
        Assert.Equal(30, limits.GetProperty("deadline_seconds").GetInt32());
    }

    [Fact]
    public async Task Is_not_ready_from_the_moment_that_shutdown_begins()
    {
        // The signal alone: the server still answers on the connection.
        _app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        using var response = await _client.GetAsync("/readyz");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("shutting down", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sends_security_headers_and_no_server_name()
    {
        using var api = await _client.GetAsync("/healthz");
        using var ui = await _client.GetAsync("/swagger/index.html");

        Assert.Equal(["nosniff"], api.Headers.GetValues("X-Content-Type-Options"));
        Assert.Equal(["no-referrer"], api.Headers.GetValues("Referrer-Policy"));
        Assert.Equal(["default-src 'none'; frame-ancestors 'none'"], api.Headers.GetValues("Content-Security-Policy"));
        Assert.Empty(api.Headers.Server);
        Assert.Equal(HttpStatusCode.OK, ui.StatusCode);
        var html = await ui.Content.ReadAsStringAsync();
        Assert.Contains("default-src 'self'", ui.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.DoesNotMatch("<script(?![^>]*src=)", html);
    }

    [Fact]
    public async Task Describes_its_endpoints_in_OpenAPI_with_runnable_examples()
    {
        var document = JsonElement.Parse(await _client.GetStringAsync("/openapi/v1.json"));
        var echo = document.GetProperty("paths").GetProperty("/echo/{entity}").GetProperty("post");
        var content = echo.GetProperty("requestBody").GetProperty("content");
        var parameters = echo.GetProperty("parameters").EnumerateArray()
            .ToDictionary(parameter => parameter.GetProperty("name").GetString()!, StringComparer.Ordinal);

        Assert.StartsWith("3.", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var two = content.GetProperty("application/json").GetProperty("examples").GetProperty("two").GetProperty("value");
        Assert.Equal(2, two.GetProperty("items").GetArrayLength());
        Assert.Equal(
            "{\"a\":1}\n{\"a\":2}\n",
            content.GetProperty("application/x-ndjson").GetProperty("examples").GetProperty("rows").GetProperty("value").GetString());
        Assert.Equal(["Idempotency-Key", "Prefer", "action", "entity"], parameters.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("customer", parameters["entity"].GetProperty("example").GetString());
        Assert.Equal("path", parameters["entity"].GetProperty("in").GetString());
        Assert.True(parameters["entity"].GetProperty("required").GetBoolean());
        Assert.Equal("query", parameters["action"].GetProperty("in").GetString());
        var reference = echo.GetProperty("responses").GetProperty("default").GetProperty("content")
            .GetProperty("application/problem+json").GetProperty("schema").GetProperty("$ref").GetString();
        Assert.Equal("#/components/schemas/Problem", reference);
        var problem = document.GetProperty("components").GetProperty("schemas").GetProperty("Problem").GetProperty("properties");
        Assert.True(problem.TryGetProperty("errors", out _));
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private static async Task<IResult> EchoAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (RequestMedia.Read(context.Request, MediaKind.Json).Error is { } mediaError)
        {
            return Problem.Of(mediaError);
        }

        var (body, error) = await RequestBody.ReadAsync(context.Request, 10 * 1024 * 1024, cancellationToken);
        using (body)
        {
            if ((error ?? JsonScanner.Scan(body!.Bytes.Span)) is { } fault)
            {
                return Problem.Of(fault);
            }

            context.Response.Headers["Batch-Succeeded"] = "2";
            context.Response.Headers["Batch-Failed"] = "1";
            return Results.Text("ok");
        }
    }

    private async Task<string> RawAsync(string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, _client.BaseAddress!.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        var answer = new StringBuilder();
        var buffer = new byte[4_096];
        while (!answer.ToString().Contains("traceId", StringComparison.Ordinal) && await stream.ReadAsync(buffer) is > 0 and var read)
        {
            answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return answer.ToString();
    }

    /// <summary>Keeps what is logged, all of it: <c>Text</c> is the JSON line.</summary>
    private sealed class Lines : ILogEventSink
    {
        private readonly ConcurrentQueue<(LogEventLevel Level, string Text, Exception? Exception)> _lines = new();

        public IReadOnlyList<(LogEventLevel Level, string Text, Exception? Exception)> All => [.. _lines];

        public void Emit(LogEvent logEvent)
        {
            var text = new StringWriter();
            new JsonFormatter(renderMessage: true).Format(logEvent, text);
            _lines.Enqueue((logEvent.Level, text.ToString(), logEvent.Exception));
        }
    }
}
