using System.Text.Json;
using BatchService.Batching;
using BatchService.Http;
using Microsoft.Extensions.Options;

namespace BatchService.Devices;

/// <summary>One device: enrol, get.</summary>
internal static class DeviceEndpoints
{
    public static void MapDevices(this IEndpointRouteBuilder routes)
    {
        routes.AddSchemas(services => DeviceSchemas.Of(services.GetRequiredService<IOptions<BatchOptions>>().Value));
        routes.MapPost("/devices/enroll", EnrollAsync)
            .WithName("PostDeviceEnroll")
            .WithBody("Enrollment")
            .WithAnswerBody("EnrollmentToken", StatusCodes.Status200OK, StatusCodes.Status201Created)
            .WithTags("Devices")
            .WithSummary("Enrol a device, which gets its token once; or renew a known one, which shows its token")
            .WithAnswer(StatusCodes.Status201Created, "The new device's token.")
            .WithAnswer(StatusCodes.Status200OK, "A known device: the token that it has, or a new one.")
            .RefuseUnknownQuery()
            .WithWriteHeaders()
            .Honours(Preferences.OfWrites & ~Preference.Return)
            .WithExample("new", DeviceExamples.Enroll)
            .RequireScope("devices:write");

        routes.MapDeviceBatches();
        routes.MapGet("/devices/{id}", GetAsync)
            .WithName("GetDevice")
            .WithAnswerBody("Device", StatusCodes.Status200OK)
            .WithTags("Devices")
            .WithSummary("Get one device, without its token")
            .WithAnswer(StatusCodes.Status200OK, "The device.")
            .WithPathExample("id", DeviceExamples.DeviceId)
            .RefuseUnknownQuery()
            .RequireScope("devices:read");

        routes.MapProofs();
    }

    private static Task EnrollAsync(HttpContext context, WriteCall call, ItemKind<EnrollmentItem> enrollments) => call.RunAsync(
        context,
        "POST /devices/enroll",
        (body, errors) => enrollments.OpenReader(context.GetCaller())(new ItemInput(0, body), "", errors),
        async (item, connection, token) =>
        {
            var outcome = await enrollments.RunAsync(item, context.GetCaller(), connection, token);
            if (outcome.Error is { } error)
                return WriteResult.Refused(error with { Index = null });
            return WriteResult.Done(outcome.Results[0] == EnrollmentSet.Created
                ? StoredAnswer.Json(StatusCodes.Status201Created, outcome.Rows[0]) with { Location = $"/devices/{Uri.EscapeDataString(item.DeviceId)}" }
                : StoredAnswer.Json(StatusCodes.Status200OK, outcome.Rows[0]));
        });

    private static async Task GetAsync(HttpContext context, Lookups lookups, CancellationToken cancellationToken)
    {
        if (await lookups.FindAsync("device_id", RouteText.Read(context, "id"), context.GetCaller(), cancellationToken) is not { } device)
        {
            await Problem.WriteAsync(context, [new Error(ErrorCodes.NotFound, "There is no device with this id")], cancellationToken);
            return;
        }
        context.Response.ContentType = RequestMedia.Json;
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, WireJson.Writing);
        writer.WriteStartObject();
        foreach (var member in device.EnumerateObject().Where(member => !member.NameEquals("found"u8)))
            member.WriteTo(writer);
        writer.WriteEndObject();
    }
}
