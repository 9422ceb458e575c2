using BatchService.Batching;
using Microsoft.Extensions.Options;

namespace BatchService.Devices;

/// <summary>Enrolments of devices.</summary>
internal sealed class Enrollments(TimeProvider time, IOptions<DevicesOptions> options) : ItemKind<EnrollmentItem>
{
    public override string Name => "enrollment";

    public override string Scope => "devices:write";

    public override string? Secret => "token";

    public override string? SentSecret => "current_token";

    public override IReadOnlyList<string> Flags => ["force"];

    public override ItemReading<EnrollmentItem> OpenReader(Caller caller) => new EnrollmentReader(options.Value, time.GetMicroseconds()).Read;

    protected override WriteSet ToSet(IReadOnlyList<EnrollmentItem> items, Caller caller) => new EnrollmentSet(items) { Caller = caller };

    /// <summary>A device that comes again starts a new set, where it finds itself known.</summary>
    protected override IEnumerable<IReadOnlyList<EnrollmentItem>> Divide(IReadOnlyList<EnrollmentItem> items)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var first = 0;
        for (var position = 0; position < items.Count; position++)
        {
            if (seen.Add(items[position].DeviceId))
                continue;
            yield return [.. items.Skip(first).Take(position - first)];
            first = position;
            seen = new HashSet<string>(StringComparer.Ordinal) { items[position].DeviceId };
        }
        if (first < items.Count)
            yield return [.. items.Skip(first)];
    }
}
