using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc.Testing;
using Npgsql;

namespace BatchService.DatabaseTests.Notebooks;

/// <summary>The service with no notebooks yet; everyone is <c>dev</c>, so other people's notebooks are made past the service.</summary>
public class NotebooksFixture : ServiceFixture
{
    internal NotebookClient Notebooks => new(Client);

    /// <summary>Makes an existing notebook somebody else's, and shares it with the caller, or does not.</summary>
    public async Task GiveAwayAsync(Guid notebook, string? tier)
    {
        await RunAsync("UPDATE batch.notebook SET owner = 'somebody' WHERE id = $1", notebook);
        await RunAsync("DELETE FROM batch.notebook_share WHERE notebook_id = $1", notebook);
        if (tier is not null)
            await RunAsync("INSERT INTO batch.notebook_share (notebook_id, subject, tier) VALUES ($1, 'dev', $2)", notebook, tier);
    }

    /// <summary>Lets the leases of everything that is in progress run out now.</summary>
    public Task LapseAsync(Guid notebook) =>
        RunAsync("UPDATE batch.notebook_job SET lease_until = now() - interval '1 s' WHERE notebook_id = $1 AND status = 'in_progress'", notebook);

    public async Task RunAsync(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ReadAsync<T>(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task<IReadOnlyList<T>> ReadAllAsync<T>(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync();
        var all = new List<T>();
        while (await reader.ReadAsync())
            all.Add(reader.GetFieldValue<T>(0));
        return all;
    }

    /// <summary>Where the database is, for further services on it.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>Starts another service on the same database; disposing it stops it.</summary>
    public WebApplicationFactory<Program> StartAnother(params (string Key, string Value)[] settings)
    {
        var factory = new WebApplicationFactory<Program>().WithWebHostBuilder(builder =>
        {
            builder.UseSetting("ConnectionStrings:Batch", ConnectionString);
            builder.UseSetting("Serilog:MinimumLevel", "Error");
            foreach (var (key, value) in settings)
                builder.UseSetting(key, value);
        });
        _ = factory.Server;
        return factory;
    }

    /// <summary>Costs stay 0 here, unless a test starts another service that computes them.</summary>
    protected override void Configure(IDictionary<string, string?> settings)
    {
        ConnectionString = settings["ConnectionStrings:Batch"]!;
        settings["Serilog:MinimumLevel"] = "Error";
        settings["Notebooks:CostIntervalSeconds"] = "86400";
    }

    private NpgsqlCommand Command(string sql, object[] values)
    {
        var command = Database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }
}

/// <summary>An answer of the notebook endpoints.</summary>
internal sealed record NotebookReply(HttpStatusCode Status, JsonElement Body, HttpResponseMessage Message)
{
    public JsonElement this[string member] => Body.GetProperty(member);

    public string? Error => Body.GetProperty("error").GetString();

    /// <summary>Fails with the whole body when the status is another one.</summary>
    public NotebookReply Expect(int status)
    {
        Assert.True((int)Status == status, $"Expected {status}, but was {(int)Status}: {Body}");
        return this;
    }

    /// <summary>The problem's errors as <c>CODE pointer</c>.</summary>
    public IReadOnlyList<string> Problems =>
        [.. Body.GetProperty("errors").EnumerateArray().Select(error =>
            $"{error.GetProperty("code").GetString()} {(error.TryGetProperty("pointer", out var pointer) ? pointer.GetString() : "")}".TrimEnd())];

    /// <summary>One member of each element of a list.</summary>
    public IReadOnlyList<string> All(string list, string member) =>
        [.. Body.GetProperty(list).EnumerateArray().Select(element => element.GetProperty(member).ToString())];
}

/// <summary>Calls the notebook endpoints.</summary>
internal sealed class NotebookClient(HttpClient client)
{
    public async Task<NotebookReply> SendAsync(
        HttpMethod method, string path, string? body = null, string? key = null, string? prefer = null, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        if (prefer is not null)
            request.Headers.Add("Prefer", prefer);
        var response = await client.SendAsync(request, cancellationToken);
        var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return new NotebookReply(response.StatusCode, bytes.Length > 0 ? JsonSerializer.Deserialize<JsonElement>(bytes) : default, response);
    }

    public Task<NotebookReply> GetAsync(string path, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Get, path, cancellationToken: cancellationToken);

    public Task<NotebookReply> PostAsync(string path, string? body = null, string? key = null) => SendAsync(HttpMethod.Post, path, body, key);

    public async Task<Guid> CreateAsync(string name = "a notebook") =>
        (await PostAsync("/notebooks", $$"""{ "name": "{{name}}" }""")).Expect(201)["id"].GetGuid();

    /// <summary>Writes one entry and gives its id.</summary>
    public async Task<Guid> AddAsync(Guid notebook, string content = "some content", string? topic = null) =>
        (await PostAsync($"/notebooks/{notebook}/entries", Entry(content, topic))).Expect(201)["entry_id"].GetGuid();

    /// <summary>Writes a batch of entries.</summary>
    public Task<NotebookReply> BatchAsync(Guid notebook, params string[] entries) =>
        PostAsync($"/notebooks/{notebook}/batch", $$"""{ "entries": [ {{string.Join(", ", entries)}} ], "author": "test-script" }""");

    /// <summary>Writes one claim to an entry.</summary>
    public Task<NotebookReply> ClaimAsync(Guid notebook, Guid entry, string text = "a claim") => PostAsync(
        $"/notebooks/{notebook}/entries/{entry}/claims",
        $$"""{ "claims": [ { "text": "{{text}}", "confidence": 0.9 } ], "author": "robot" }""");

    public Task<NotebookReply> NextAsync(Guid notebook, string worker = "w1", string more = "") =>
        GetAsync($"/notebooks/{notebook}/jobs/next?worker_id={worker}{more}");

    public Task<NotebookReply> CompleteAsync(Guid notebook, Guid job, string result, string worker = "w1") =>
        PostAsync($"/notebooks/{notebook}/jobs/{job}/complete", $$"""{ "worker_id": "{{worker}}", "result": {{result}} }""");

    public Task<NotebookReply> FailAsync(Guid notebook, Guid job, string worker = "w1") =>
        PostAsync($"/notebooks/{notebook}/jobs/{job}/fail", $$"""{ "worker_id": "{{worker}}", "error": "it broke" }""");

    public static string Entry(string content = "some content", string? topic = null, Guid? id = null) => JsonSerializer.Serialize(
        new Dictionary<string, object?>(StringComparer.Ordinal) { ["content"] = content, ["topic"] = topic, ["entry_id"] = id });
}
