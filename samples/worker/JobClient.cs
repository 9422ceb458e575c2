using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NotebookWorker;

/// <summary>A claimed job.</summary>
internal sealed record Job(Guid Id, string Type, JsonElement Payload);

/// <summary>What the service answered when it was not what was hoped for.</summary>
/// <param name="RetryAfter">When it says how long to wait.</param>
internal sealed record Refusal(HttpStatusCode Status, string Text, TimeSpan? RetryAfter)
{
    /// <summary>The same request may succeed later.</summary>
    public bool IsPassing => (int)Status >= 500 || Status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout;
}

/// <summary>Speaks to the work queue of one notebook.</summary>
internal sealed class JobClient(HttpClient http, WorkerOptions options)
{
    /// <summary>How long the service keeps an idle worker waiting for news, in seconds.</summary>
    private const int Wait = 20;

    private readonly string _notebook = $"/notebooks/{options.Notebook}";

    /// <summary>
    /// The next job; neither it nor a refusal when there was none for a while. Should a job be claimed for us in the very moment in which we
    /// stop waiting, its lease gives it to another worker.
    /// </summary>
    public async Task<(Job? Job, Refusal? Refusal)> NextAsync(CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync($"{_notebook}/jobs/next?worker_id={Uri.EscapeDataString(options.WorkerId)}&wait={Wait}", cancellationToken);
        if (response.StatusCode == HttpStatusCode.NoContent)
            return (null, null);
        if (!response.IsSuccessStatusCode)
            return (null, await ReadRefusalAsync(response, cancellationToken));
        // From here on the job is ours: its text is read to the end, whoever wants to stop meanwhile.
        using var body = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(CancellationToken.None));
        var job = body.RootElement;
        return (new Job(job.GetProperty("id").GetGuid(), job.GetProperty("job_type").GetString()!, job.GetProperty("payload").Clone()), null);
    }

    /// <summary>Null when the result is taken. May be repeated: the service answers a second time as it did the first.</summary>
    public Task<Refusal?> CompleteAsync(Job job, JsonNode result) =>
        PostAsync($"{_notebook}/jobs/{job.Id}/complete", new JsonObject { ["worker_id"] = options.WorkerId, ["result"] = result.DeepClone() });

    public Task<Refusal?> FailAsync(Job job, string error) =>
        PostAsync($"{_notebook}/jobs/{job.Id}/fail", new JsonObject { ["worker_id"] = options.WorkerId, ["error"] = error });

    public async Task<string> ReadContentAsync(Guid entry)
    {
        using var body = JsonDocument.Parse(await http.GetByteArrayAsync($"{_notebook}/entries/{entry}"));
        return body.RootElement.GetProperty("content").GetString()!;
    }

    private async Task<Refusal?> PostAsync(string path, JsonObject body)
    {
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await http.PostAsync(path, content);
        return response.IsSuccessStatusCode ? null : await ReadRefusalAsync(response, CancellationToken.None);
    }

    private static async Task<Refusal> ReadRefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            text = JsonNode.Parse(text)?["error"]?.GetValue<string>() ?? text;
        }
        catch (JsonException)
        {
            // Not from the service: a proxy's page, taken as it is.
        }
        return new Refusal(response.StatusCode, text, response.Headers.RetryAfter?.Delta);
    }
}
