using System.Text.Json;
using BatchService.Batching;
using BatchService.Http;
using Microsoft.AspNetCore.Http;

namespace BatchService.Tests.Http;

public sealed class ProblemTests
{
    private static readonly Error s_unique =
        new(ErrorCodes.UniqueViolation, "Taken.", "/items/1/email", "customer_email_key") { Index = 1 };

    private static readonly Error s_missing =
        new(ErrorCodes.EntityUnknown, "No such entity.", "/operations/0/entity") { Index = 0, Id = "a" };

    public static TheoryData<string[], int, string> Statuses => new()
    {
        { ["NOT_FOUND"], 404, "NOT_FOUND" },
        { ["UNIQUE_VIOLATION", "FOREIGN_KEY_VIOLATION"], 409, "UNIQUE_VIOLATION" },
        { ["UNIQUE_VIOLATION", "NOT_FOUND"], 422, "VALIDATION_FAILED" },
        { ["PERMISSION_DENIED", "FIELD_UNKNOWN"], 400, "FIELD_UNKNOWN" },
        { ["NOT_FOUND", "DEPENDENCY_CYCLE", "FIELD_UNKNOWN"], 400, "DEPENDENCY_CYCLE" },
        { ["FILTER_REQUIRED", "FILTER_INVALID"], 400, "FILTER_REQUIRED" },
        { ["FILTER_REQUIRED", "NOT_FOUND"], 422, "VALIDATION_FAILED" },
    };

    [Theory]
    [MemberData(nameof(Statuses))]
    public void Has_one_status_for_all_errors(string[] codes, int status, string code)
    {
        var errors = codes.Select((name, i) => new Error(Code(name), $"d{i}")).ToArray();

        var summary = ProblemSummary.Of(errors);

        Assert.Equal((status, code), (summary.Status, summary.Code.Name));
    }

    [Fact]
    public async Task Writes_the_members_of_the_contract()
    {
        var (response, json) = await WriteAsync(s_unique);

        Assert.Equal("application/problem+json", response.ContentType);
        Assert.Equal(409, response.StatusCode);
        Assert.Equal("/batch/errors/UNIQUE_VIOLATION", json.GetProperty("type").GetString());
        Assert.Equal("Already exists", json.GetProperty("title").GetString());
        Assert.Equal(409, json.GetProperty("status").GetInt32());
        Assert.Equal("Taken.", json.GetProperty("detail").GetString());
        Assert.Equal("Taken.", json.GetProperty("error").GetString());
        Assert.Equal("UNIQUE_VIOLATION", json.GetProperty("code").GetString());
        Assert.False(json.GetProperty("retryable").GetBoolean());
        Assert.NotEqual("", json.GetProperty("traceId").GetString());
        Assert.Equal(
            """[{"index":1,"pointer":"/items/1/email","code":"UNIQUE_VIOLATION","detail":"Taken.","constraint":"customer_email_key"}]""",
            json.GetProperty("errors").GetRawText());
        Assert.False(response.Headers.ContainsKey("Retry-After"));
    }

    [Fact]
    public async Task Lists_all_errors_with_index_and_id()
    {
        var (response, json) = await WriteAsync(s_missing, s_unique);

        Assert.Equal(422, response.StatusCode);
        var ids = json.GetProperty("errors").EnumerateArray().Select(e => e.TryGetProperty("id", out var id) ? id.GetString() : null);
        Assert.Equal(["a", null], ids);
        Assert.Equal("2 items failed, for different reasons.", json.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Has_no_array_where_no_item_is_to_blame()
    {
        var (_, json) = await WriteAsync(new Error(ErrorCodes.BatchEmpty, "Batch request must contain at least one operation"));

        Assert.False(json.TryGetProperty("errors", out _));
        Assert.Equal("Batch request must contain at least one operation", json.GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("OVERLOADED", true)]
    [InlineData("DATABASE_UNAVAILABLE", true)]
    [InlineData("RATE_LIMITED", true)]
    [InlineData("DEADLOCK_DETECTED", true)]
    [InlineData("IDEMPOTENCY_IN_PROGRESS", true)]
    [InlineData("UNIQUE_VIOLATION", false)]
    [InlineData("DEADLINE_EXCEEDED", false)]
    public async Task Says_when_to_retry(string code, bool header)
    {
        var (response, json) = await WriteAsync(new Error(Code(code), "x"));

        Assert.Equal(header, response.Headers.ContainsKey("Retry-After"));
        Assert.Equal(Code(code).Retryable, json.GetProperty("retryable").GetBoolean());
    }

    [Fact]
    public async Task Asks_for_a_token_where_one_is_missing()
    {
        var (response, _) = await WriteAsync(new Error(ErrorCodes.Unauthenticated, "x"));

        Assert.Equal("Bearer", response.Headers.WWWAuthenticate);
    }

    [Fact]
    public void Lets_the_caller_add_members_and_name_the_array()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Writing))
        {
            writer.WriteStartObject();
            Problem.WriteMembers(writer, [s_unique], "trace", "problems");
            writer.WriteBoolean("success", false);
            writer.WriteEndObject();
        }

        using var json = JsonDocument.Parse(buffer.ToArray());
        Assert.Equal(1, json.RootElement.GetProperty("problems").GetArrayLength());
        Assert.False(json.RootElement.GetProperty("success").GetBoolean());
        Assert.False(json.RootElement.TryGetProperty("errors", out _));
    }

    private static ErrorCode Code(string name) => ErrorCodes.All.Single(code => code.Name == name);

    private static async Task<(HttpResponse Response, JsonElement Json)> WriteAsync(params Error[] errors)
    {
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { Response = { Body = body } };
        await Problem.WriteAsync(context, errors, CancellationToken.None);
        return (context.Response, JsonElement.Parse(body.ToArray()));
    }
}
