using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Jobs;

/// <summary>A caller of the job endpoints, by the query parameter <c>user_id</c>.</summary>
/// <param name="user">Null: nobody is named.</param>
internal sealed class JobsCaller(HttpClient http, string? user)
{
    public string? User => user;

    /// <summary>Sends to any path; the caller is added to those of jobs.</summary>
    public async Task<RowsAnswer> SendAsync(
        HttpMethod method, string path, string? body = null, string contentType = RowsClient.Json, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, Named(path));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await http.SendAsync(request);
        return await RowsAnswer.ReadAsync(response);
    }

    public Task<RowsAnswer> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, headers: headers);

    public Task<RowsAnswer> PostAsync(string path, string body, string contentType = RowsClient.Json, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, body, contentType, headers);

    /// <summary>Submits <c>{job_type, items, options, …}</c>.</summary>
    public Task<RowsAnswer> SubmitAsync(object job, params (string Name, string Value)[] headers) =>
        PostAsync("/batch/jobs", JsonSerializer.Serialize(job), RowsClient.Json, headers);

    /// <summary>Submits, and gives the id of the accepted job.</summary>
    public async Task<string> AcceptedAsync(object job) => IdOf(await SubmitAsync(job));

    /// <summary>Submits, and gives the id of the job at its end.</summary>
    public async Task<string> RanAsync(object job)
    {
        var id = await AcceptedAsync(job);
        await EndAsync(id);
        return id;
    }

    /// <summary>Rows to create in an entity, as a job.</summary>
    public static object Rows(string entity, IEnumerable<object> items, object? more = null) => new
    {
        job_type = "rows",
        items,
        options = more ?? new { entity, action = "create" },
    };

    public static string IdOf(RowsAnswer accepted)
    {
        Assert.True(accepted.Status == HttpStatusCode.Accepted, accepted.Text);
        return accepted.Root.GetProperty("batch_job_id").GetString()!;
    }

    /// <summary>The job when it has ended.</summary>
    public async Task<JsonElement> EndAsync(string id)
    {
        for (var patience = 0; patience < 3; patience++)
        {
            var answer = await GetAsync($"/batch/jobs/{id}", ("Prefer", "wait=30"));
            Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
            if (answer.Root.GetProperty("status").GetString() is not ("pending" or "processing"))
            {
                return answer.Root;
            }
        }

        throw new TimeoutException("The job did not end.");
    }

    public async Task<JsonElement> StatusAsync(string id)
    {
        var answer = await GetAsync($"/batch/jobs/{id}");
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        return answer.Root;
    }

    /// <summary>The first 500 items.</summary>
    public async Task<IReadOnlyList<JsonElement>> ItemsAsync(string id, string query = "")
    {
        var answer = await GetAsync($"/batch/jobs/{id}/items{query}{(query.Length == 0 ? "?" : "&")}limit=500");
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        return [.. answer.Root.EnumerateArray()];
    }

    /// <summary>The items' states in order: <c>success failed:UNIQUE_VIOLATION skipped</c>.</summary>
    public async Task<string> OutcomesAsync(string id) => string.Join(' ', (await ItemsAsync(id)).Select(Outcome));

    private static string Outcome(JsonElement item) =>
        item.GetProperty("status").GetString() + (item.GetProperty("error_code").GetString() is { } code ? $":{code}" : "");

    private string Named(string path)
    {
        if (user is null || !path.StartsWith("/batch/jobs", StringComparison.Ordinal))
        {
            return path;
        }

        return $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}user_id={user}";
    }
}

/// <summary>Reads the counters of a job.</summary>
internal static class JobsCounters
{
    /// <summary>Success, failed, skipped, canceled.</summary>
    public static (int Success, int Failed, int Skipped, int Canceled) Counts(this JsonElement job) => (
        job.Number("success_items"), job.Number("failed_items"), job.Number("skipped_items"), job.Number("canceled_items"));

    public static int Number(this JsonElement job, string name) => job.GetProperty(name).GetInt32();

    public static string? Text(this JsonElement json, string name) => json.GetProperty(name).GetString();
}
