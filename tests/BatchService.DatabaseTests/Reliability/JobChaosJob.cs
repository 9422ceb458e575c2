using System.Text.Json;
using Npgsql;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>
/// A job in the chaos: submitted until it is accepted, watched all the while, and compared, at its end, with the database item by item.
/// </summary>
internal sealed class JobChaosJob
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);
    private static readonly string[] s_counters = ["success_items", "failed_items", "skipped_items", "canceled_items"];
    private static readonly string[] s_order = ["pending", "processing"];

    private readonly JobChaosKind _kind;
    private readonly string _batch;
    private readonly string _path;
    private readonly Func<HttpClient> _connect;

    private JobChaosJob(JobChaosKind kind, string batch, string path, Func<HttpClient> connect) =>
        (_kind, _batch, _path, _connect) = (kind, batch, path, connect);

    public string Batch => _batch;

    /// <summary>Submits a job; a repetition under the same key does not make a second one of it.</summary>
    public static async Task<JobChaosJob> SubmitAsync(ReliabilityClient client, JobChaosKind kind, string batch, Func<HttpClient> connect)
    {
        var answer = await client.SendUntilKnownAsync("/batch/jobs", kind.Body(batch), $"key-{batch}");
        Assert.True((int)answer.Status == 202, answer.Body);
        Assert.Equal(kind.Count, answer.Json.GetProperty("total_items").GetInt32());
        return new JobChaosJob(kind, batch, $"/batch/jobs/{answer.Json.GetProperty("batch_job_id").GetString()}", connect);
    }

    /// <summary>Follows it to its end: what it tells never goes back, and adds up.</summary>
    public async Task<JsonElement> WatchAsync(Func<JsonElement, bool> isEnough)
    {
        var since = TimeProvider.System.GetTimestamp();
        JsonElement? last = null;
        while (true)
        {
            if (await TryGetAsync(_path) is { } body)
            {
                var now = JsonElement.Parse(body);
                AssertFollows(last, now);
                last = now;
                if (isEnough(now))
                    return now;
            }
            Assert.True(TimeProvider.System.GetElapsedTime(since) < s_patience, $"{_batch} has not ended within {s_patience}: {last}");
            await Task.Delay(s_pause);
        }
    }

    /// <summary>The same job, seen through other processes.</summary>
    public JobChaosJob Through(Func<HttpClient> connect) => new(_kind, _batch, _path, connect);

    /// <summary>Cancels it; gives the answer.</summary>
    public async Task<JsonElement> CancelAsync()
    {
        using var answer = await _connect().PostAsync($"{_path}/cancel", null);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == 200, body);
        return JsonElement.Parse(body);
    }

    /// <summary>Removes it; from a real server, which is stricter about empty answers than the one in the tests' own process.</summary>
    public async Task DeleteAsync()
    {
        using var answer = await _connect().DeleteAsync(_path);
        Assert.Equal(204, (int)answer.StatusCode);
        using var gone = await _connect().GetAsync(_path);
        Assert.Equal(404, (int)gone.StatusCode);
    }

    public Task<JsonElement> WatchToTheEndAsync() => WatchAsync(HasEnded);

    /// <summary>What is told of it now, from a process that answers.</summary>
    public async Task<JsonElement> ReadAsync() => JsonElement.Parse(await GetAsync(_path));

    /// <summary>The job must have completed, and every item be in the state, and have the effect, that its kind says.</summary>
    public async Task AssertHoldsAsync(NpgsqlDataSource database, JsonElement end)
    {
        Assert.True(end.GetProperty("status").GetString() == "completed", end.ToString());
        foreach (var (name, state) in new[] { ("success_items", "success"), ("failed_items", "failed"), ("skipped_items", "skipped") })
        {
            var expected = Enumerable.Range(0, _kind.Count).Count(index => _kind.Expect(index) == state);
            Assert.True(end.GetProperty(name).GetInt32() == expected, $"{_batch}: {expected} {name} were expected: {end}");
        }
        await AssertItemsAsync(database, _kind.Expect);
    }

    /// <summary>Every item must be in the state that <paramref name="expect"/> says, and have one effect if it succeeded, none if not.</summary>
    /// <returns>How many items succeeded.</returns>
    public async Task<int> AssertItemsAsync(NpgsqlDataSource database, Func<int, string>? expect)
    {
        var lines = (await GetAsync($"{_path}/results?format=ndjson")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var told = lines.Select(line => JsonElement.Parse(line)).ToList();
        var stored = await ReadRowsAsync(database);
        var wrong = new List<string>();
        for (var index = 0; index < _kind.Count; index++)
        {
            var item = told[index];
            Assert.Equal(index, item.GetProperty("item_index").GetInt32());
            var status = item.GetProperty("status").GetString()!;
            var rows = stored.GetValueOrDefault(index) ?? [];
            if (expect is not null && status != expect(index))
                wrong.Add($"{index}: {status} instead of {expect(index)}: {item}");
            if (rows.Length != (status == "success" ? 1 : 0))
                wrong.Add($"{index}: {status} and {rows.Length} effects");
            else if (rows is [var row] && KeyOf(item) != row.Key)
                wrong.Add($"{index}: the result has the key {KeyOf(item)}, the row {row.Key}");
            else if (rows is [var child] && child.Parent != _kind.ParentAt(index))
                wrong.Add($"{index}: the row refers to {child.Parent} instead of {_kind.ParentAt(index)}");
        }
        Assert.Equal(_kind.Count, told.Count);
        Assert.True(wrong.Count == 0, $"{_batch}: {wrong.Count} items are wrong:\n{string.Join('\n', wrong.Take(20))}");
        Assert.Equal(stored.Values.Sum(rows => rows.Length), stored.Keys.Count(index => index < _kind.Count));
        await AssertDecidedOnceAsync(database, told.Count(item => item.GetProperty("processed_at").ValueKind == JsonValueKind.String));
        return stored.Count;
    }

    private static bool HasEnded(JsonElement job) => job.GetProperty("status").GetString() is "completed" or "failed" or "canceled";

    private void AssertFollows(JsonElement? last, JsonElement now)
    {
        var told = $"{_batch}: {last} was followed by {now}";
        var sum = s_counters.Sum(counter => Number(now, counter));
        Assert.True(Number(now, "processed_items") == sum, told);
        Assert.True(Number(now, "total_items") == _kind.Count, told);
        if (HasEnded(now))
            Assert.True(Number(now, "processed_items") == _kind.Count, told);
        if (last is not { } before)
            return;
        foreach (var counter in s_counters.Append("processed_items"))
            Assert.True(Number(before, counter) <= Number(now, counter), told);
        Assert.True(before.GetProperty("progress_percent").GetDouble() <= now.GetProperty("progress_percent").GetDouble(), told);
        Assert.True(Rank(before) <= Rank(now), told);
    }

    private static int Number(JsonElement job, string name) => job.GetProperty(name).GetInt32();

    private static int Rank(JsonElement job) =>
        HasEnded(job) ? s_order.Length : Array.IndexOf(s_order, job.GetProperty("status").GetString());

    private static long? KeyOf(JsonElement item)
    {
        var output = item.GetProperty("output_data");
        return (output.TryGetProperty("data", out var data) ? data[0] : output).GetProperty("entry_id").GetInt64();
    }

    private async Task<Dictionary<int, (long Key, int? Parent)[]>> ReadRowsAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("""
            SELECT e.position, e.entry_id, p.position, p.batch = e.batch
            FROM entry AS e LEFT JOIN entry AS p ON p.entry_id = e.parent
            WHERE e.batch = $1
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _batch });
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<(int Position, long Key, int? Parent)>();
        while (await reader.ReadAsync())
        {
            Assert.True(await reader.IsDBNullAsync(3) || reader.GetBoolean(3), $"{_batch}: a row refers to a row of another batch.");
            rows.Add((reader.GetInt32(0), reader.GetInt64(1), await reader.IsDBNullAsync(2) ? null : reader.GetInt32(2)));
        }
        return rows
            .GroupBy(row => row.Position)
            .ToDictionary(group => group.Key, group => group.Select(row => (row.Key, row.Parent)).ToArray());
    }

    /// <summary>Readers take one result of several for an item; there must not be several.</summary>
    private async Task AssertDecidedOnceAsync(NpgsqlDataSource database, int decided)
    {
        await using var command = database.CreateCommand("""
            SELECT coalesce(sum(array_length(string_to_array(convert_from(results, 'UTF8'), E'\n'), 1) - 1), 0)::integer
            FROM batch.job_result WHERE batch_job_id = $1
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.Parse(_path[(_path.LastIndexOf('/') + 1)..]) });
        Assert.Equal(decided, (int)(await command.ExecuteScalarAsync())!);
    }

    /// <summary>From whichever process answers, as soon as one does.</summary>
    private async Task<string> GetAsync(string path)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (await TryGetAsync(path) is { } body)
                return body;
            Assert.True(TimeProvider.System.GetElapsedTime(since) < s_patience, $"Nobody answered {path} within {s_patience}.");
            await Task.Delay(s_pause);
        }
    }

    private async Task<string?> TryGetAsync(string path)
    {
        try
        {
            using var answer = await _connect().GetAsync(path);
            var body = await answer.Content.ReadAsStringAsync();
            Assert.True((int)answer.StatusCode is 200 or 503 or 504, $"GET {path} answered {answer.StatusCode}: {body}");
            return (int)answer.StatusCode == 200 ? body : null;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            return null;
        }
    }
}
