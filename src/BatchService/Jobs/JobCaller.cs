using System.Text.Json;
using System.Text.Json.Serialization;
using BatchService.Batching;

namespace BatchService.Jobs;

/// <summary>A caller as it is kept with a job, so that the job runs on its behalf when nobody is there any more.</summary>
internal sealed record JobCaller(
    IReadOnlyCollection<string> Scopes, IReadOnlyCollection<string> Roles, string Claims, string? DatabaseRoleClaim, string? DatabaseRole)
{
    public static string Write(Caller caller) =>
        JsonSerializer.Serialize(
        new JobCaller([.. caller.Scopes], [.. caller.Roles], caller.ClaimsJson, caller.DatabaseRoleClaim, caller.DatabaseRole),
        JobCallerJson.Default.JobCaller);

    public static Caller Read(string subject, string json)
    {
        var kept = JsonSerializer.Deserialize(json, JobCallerJson.Default.JobCaller)!;
        return new Caller(subject, kept.Scopes.ToHashSet(StringComparer.Ordinal), kept.Roles.ToHashSet(StringComparer.Ordinal), kept.Claims)
        {
            DatabaseRoleClaim = kept.DatabaseRoleClaim,
            DatabaseRole = kept.DatabaseRole,
        };
    }
}

/// <summary>The serializer of <see cref="JobCaller"/>.</summary>
[JsonSerializable(typeof(JobCaller))]
internal sealed partial class JobCallerJson : JsonSerializerContext;
