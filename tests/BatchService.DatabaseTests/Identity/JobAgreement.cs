using System.Text.Json;
using BatchService.DatabaseTests.Jobs;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Identity;

/// <summary>Runs the same items at once, with <c>Prefer: respond-async</c> and by <c>POST /batch/jobs</c>, best effort.</summary>
internal static class JobAgreement
{
    private const string BestEffort = "\"atomic\": false, \"continueOnError\": true";

    /// <summary>A batch that can be a job.</summary>
    /// <param name="Items">JSON, without the brackets.</param>
    /// <param name="OfJob">Members of the job's options that the call has in its address.</param>
    /// <param name="OfBody">Members of the call's body, which are the job's options, too.</param>
    internal sealed record Call(string Path, string JobType, string Items, string OfJob = "", string OfBody = "")
    {
        private string Sep => OfBody.Length > 0 ? ", " : "";

        public string Body => $$"""{ {{OfBody}}{{Sep}}"{{(JobType == "operations" ? "operations" : "items")}}": [{{Items}}], "options": { {{BestEffort}} } }""";

        public string Job => $$"""{ "job_type": "{{JobType}}", "items": [{{Items}}], "options": { {{OfJob}}{{OfBody}}{{Sep}}{{BestEffort}} } }""";
    }

    /// <summary>Fails unless all three have the same outcomes, error texts and data, and leave the same behind.</summary>
    /// <param name="resetAsync">Puts the beginning back.</param>
    /// <param name="contentAsync">Reads what is left behind.</param>
    /// <returns>What became of each item: <c>failed:CODE text</c>, <c>success [rows]</c>.</returns>
    public static async Task<IReadOnlyList<string>> AssertAsync(JobsCaller caller, Call call, Func<Task> resetAsync, Func<Task<string>> contentAsync)
    {
        await resetAsync();
        var now = OutcomesOf(await caller.PostAsync(call.Path, call.Body), call);
        var content = await contentAsync();
        await resetAsync();
        var later = await ItemsOfAsync(caller, await caller.PostAsync(call.Path, call.Body, RowsClient.Json, ("Prefer", "respond-async")));
        Assert.Equal(content, await contentAsync());
        await resetAsync();
        var job = await ItemsOfAsync(caller, await caller.PostAsync("/batch/jobs", call.Job));
        Assert.Equal(content, await contentAsync());

        Assert.Equal(now, later);
        Assert.Equal(now, job);
        return now;
    }

    private static IReadOnlyList<string> OutcomesOf(RowsAnswer answer, Call call)
    {
        Assert.True((int)answer.Status is 200 or 207, answer.Text);
        var results = answer.Root.GetProperty("results");
        var each = call.JobType == "operations" ? results.EnumerateObject().Select(result => result.Value) : results.EnumerateArray();
        return [.. each.Select(result => result.Text("status") == "completed"
            ? $"success {Raw(result, "data")}"
            : $"failed:{result.Text("code")} {result.Text("error")}")];
    }

    private static async Task<IReadOnlyList<string>> ItemsOfAsync(JobsCaller caller, RowsAnswer accepted)
    {
        var id = JobsCaller.IdOf(accepted);
        await caller.EndAsync(id);
        return [.. (await caller.ItemsAsync(id)).Select(item => item.Text("status") == "success"
            ? $"success {DataOf(item.GetProperty("output_data"))}"
            : $"failed:{item.Text("error_code")} {item.Text("error_message")}")];
    }

    /// <summary>Of operations a member, of rows all.</summary>
    private static string DataOf(JsonElement output) =>
        output.ValueKind == JsonValueKind.Object && output.TryGetProperty("affected", out _) ? Raw(output, "data") : output.GetRawText();

    private static string Raw(JsonElement of, string name) => of.TryGetProperty(name, out var value) ? value.GetRawText() : "";
}
