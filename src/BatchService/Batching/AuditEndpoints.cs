using System.Text.Json;
using BatchService.Http;
using Npgsql;

namespace BatchService.Batching;

/// <summary><c>GET /batch/audit</c>: who wrote when by which request.</summary>
internal static class AuditEndpoints
{
    private const string Schemas = """
        {
          "AuditPage": {
            "type": "object",
            "required": ["batches", "next_cursor"],
            "properties": {
              "batches": { "type": "array", "items": { "$ref": "#/components/schemas/AuditedBatch" } },
              "next_cursor": { "type": "string", "nullable": true }
            }
          },
          "AuditedBatch": {
            "type": "object",
            "required": ["batch_id", "caller", "at", "route", "mode", "job_id", "completed", "failed", "skipped", "duration_ms", "trace_id"],
            "properties": {
              "batch_id": { "type": "string", "format": "uuid" },
              "caller": { "type": "string" },
              "at": { "type": "string", "format": "date-time" },
              "route": { "type": "string" },
              "mode": { "type": "string" },
              "job_id": { "type": "string", "format": "uuid", "nullable": true },
              "completed": { "type": "integer", "format": "int64", "nullable": true },
              "failed": { "type": "integer", "format": "int64", "nullable": true },
              "skipped": { "type": "integer", "format": "int64", "nullable": true },
              "duration_ms": { "type": "integer", "format": "int64", "nullable": true },
              "trace_id": { "type": "string", "nullable": true }
            }
          }
        }
        """;

    public static void MapAudit(this IEndpointRouteBuilder routes)
    {
        routes.AddSchemas(_ => Schemas);
        routes.MapGet("/batch/audit", ListAsync)
            .WithName("GetBatchAudit")
            .WithAnswerBody("AuditPage", StatusCodes.Status200OK)
            .WithTags("Service")
            .WithSummary("Who wrote when by which request, newest first; counts are null while a batch runs or when it was cut off")
            .WithQueryParameter("caller", "", "The subject, exactly.")
            .WithQueryParameter("since", "", "Not before this time (RFC 3339).")
            .WithQueryParameter("until", "", "Before this time (RFC 3339).")
            .WithQueryParameter("cursor", "", "next_cursor of the page before.")
            .WithQueryParameter("limit", "", "1 to 500; default 50.")
            .WithAnswer(StatusCodes.Status200OK, "A page: batches, next_cursor.")
            .RefuseUnknownQuery("caller", "since", "until", "cursor", "limit")
            .RequireScope("batch:admin");
    }

    private static async Task ListAsync(HttpContext context, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var errors = new List<Error>();
        var query = context.Request.Query;
        var page = PageQuery.Read(query, keys: 1, errors);
        var before = ReadId(page.After, errors);
        var caller = query.TryGetValue("caller", out var callers) ? callers.ToString() : null;
        if (caller?.Contains('\0', StringComparison.Ordinal) == true)
            errors.Add(new Error(ErrorCodes.FieldInvalid, "The query parameter 'caller' is no text"));
        var filter = new AuditQuery(caller, QueryText.ReadTime(query, "since", errors), QueryText.ReadTime(query, "until", errors), before, page.Limit);
        if (errors.Count > 0)
        {
            await Problem.WriteAsync(context, errors, cancellationToken);
            return;
        }
        var rows = await filter.ReadAsync(database, cancellationToken);
        context.Response.ContentType = RequestMedia.Json;
        await using (var writer = new Utf8JsonWriter(context.Response.BodyWriter, WireJson.Writing))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("batches");
            foreach (var row in rows.Take(page.Limit))
                AuditQuery.Write(writer, row);
            writer.WriteEndArray();
            writer.WriteString("next_cursor", rows.Count > page.Limit ? PageCursor.Write(rows[page.Limit - 1].BatchId.ToString()) : null);
            writer.WriteEndObject();
        }
        await context.Response.BodyWriter.FlushAsync(cancellationToken);
    }

    private static Guid? ReadId(IReadOnlyList<string>? keys, List<Error> errors)
    {
        if (keys is null)
            return null;
        if (Guid.TryParseExact(keys[0], "D", out var id))
            return id;
        errors.Add(PageCursor.BadCursor);
        return null;
    }
}
