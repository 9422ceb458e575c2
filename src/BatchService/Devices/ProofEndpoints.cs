using System.Text.Json;
using BatchService.Batching;
using BatchService.Http;

namespace BatchService.Devices;

/// <summary>One proof: lock, get.</summary>
internal static class ProofEndpoints
{
    public static void MapProofs(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/proofs/lock", LockAsync)
            .WithName("PostProofLock")
            .WithBody("ProofLock")
            .WithAnswerBody("ProofReceipt", StatusCodes.Status201Created)
            .WithTags("Proofs")
            .WithSummary("Lock a proof that a device had an asset at a time")
            .WithAnswer(StatusCodes.Status201Created, "The proof; it is sealed a little later.")
            .RefuseUnknownQuery()
            .WithWriteHeaders()
            .WithExample("signed", DeviceExamples.Lock, summary: "Of the device that the example of POST /devices/enroll enrols")
            .RequireScope("proofs:write");

        routes.MapGet("/proofs/{record_id}", GetAsync)
            .WithName("GetProof")
            .WithAnswerBody("Proof", StatusCodes.Status200OK)
            .WithTags("Proofs")
            .WithSummary("Get one proof; when it is sealed, with its batch, the Merkle root and the path from the one to the other")
            .WithAnswer(StatusCodes.Status200OK, "The proof.")
            .WithPathExample("record_id", "01980000-0000-7000-8000-000000000001", "From the answer of POST /proofs/lock")
            .RefuseUnknownQuery()
            .RequireScope("proofs:read");
    }

    private static Task LockAsync(HttpContext context, WriteCall call, ItemKind<ProofLockItem> locks) => call.RunAsync(
        context,
        "POST /proofs/lock",
        (body, errors) => locks.OpenReader(context.GetCaller())(new ItemInput(0, body), "", errors),
        async (item, connection, token) =>
        {
            var outcome = await locks.RunAsync(item, context.GetCaller(), connection, token);
            return outcome.Error is { } error
                ? WriteResult.Refused(error with { Index = null })
                : WriteResult.Done(StoredAnswer.Json(StatusCodes.Status201Created, outcome.Rows[0]) with { Location = $"/proofs/{item.RecordId}" });
        });

    private static async Task GetAsync(
        HttpContext context, [Microsoft.AspNetCore.Mvc.FromRoute(Name = "record_id")] string recordId, Lookups lookups, CancellationToken cancellationToken)
    {
        if (!Guid.TryParseExact(recordId, "D", out var id)
            || await lookups.FindAsync("record_id", id.ToString(), context.GetCaller(), cancellationToken) is not { } proof)
        {
            await Problem.WriteAsync(context, [new Error(ErrorCodes.NotFound, "There is no proof with this id")], cancellationToken);
            return;
        }
        // The path of what is not sealed is null, also when it has been sealed in between.
        var isSealed = proof.GetProperty("status").ValueEquals("SEALED"u8);
        var path = isSealed ? await lookups.FindPathAsync(id, cancellationToken) : null;
        context.Response.ContentType = RequestMedia.Json;
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, WireJson.Writing);
        writer.WriteStartObject();
        foreach (var member in proof.EnumerateObject().Where(member => !member.NameEquals("found"u8)))
            member.WriteTo(writer);
        WritePath(writer, path);
        writer.WriteEndObject();
    }

    private static void WritePath(Utf8JsonWriter writer, IReadOnlyList<MerkleStep>? path)
    {
        if (path is null)
        {
            writer.WriteNull("inclusion_path"u8);
            return;
        }
        writer.WriteStartArray("inclusion_path"u8);
        foreach (var step in path)
        {
            writer.WriteStartObject();
            writer.WriteString("position"u8, step.IsLeft ? "left"u8 : "right"u8);
            writer.WriteString("hash"u8, step.Hash);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }
}
