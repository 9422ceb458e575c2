using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Notebooks;

/// <summary>The bodies that workers send about a job.</summary>
internal static class WorkerBody
{
    public const int MaxWorkerLength = 255;
    public const int MaxErrorLength = 100_000;

    /// <summary>Whether the result fits the job is seen when the job is known.</summary>
    public static (string WorkerId, JsonElement Result) ParseComplete(JsonElement body, List<Error> errors)
    {
        var fields = new FieldReader(body, "", errors);
        var worker = fields.Text("worker_id", required: true, MaxWorkerLength);
        var result = fields.Raw("result");
        if (body.ValueKind == JsonValueKind.Object && !fields.Has("result"))
            fields.Missing("result");
        fields.RefuseOthers();
        return (worker ?? "", result);
    }

    public static (string WorkerId, string Reason) ParseFail(JsonElement body, List<Error> errors)
    {
        var fields = new FieldReader(body, "", errors);
        var worker = fields.Text("worker_id", required: true, MaxWorkerLength);
        var reason = fields.Text("error", required: true, MaxErrorLength, mayBeEmpty: true);
        fields.RefuseOthers();
        return (worker ?? "", reason ?? "");
    }
}
