using System.Text.Json;
using System.Text.Json.Nodes;
using BatchService.Batching;
using BatchService.Http;
using BatchService.Jobs;

namespace BatchService.Entities;

/// <summary>
/// A call of <c>POST /entities/{entity}/batch</c> as it was read: the envelope of a JSON body, or the query string and an opened stream.
/// </summary>
internal sealed class RowRequestEndpoints : IAsyncDisposable
{
    private readonly List<IDisposable> _owned = [];

    /// <summary>The body becomes a job, and is read more than once.</summary>
    private bool _mustBeKept;

    public List<Error> Errors { get; } = [];

    public RowAction Action { get; private set; }

    public RequestOptions Options { get; private set; } = new();

    public JsonElement OnConflict { get; private set; }

    public ItemSource? Source { get; private set; }

    public IdempotencyKey? Key { get; private set; }

    public static async Task<RowRequestEndpoints> ReadAsync(
        HttpContext context, string entity, MediaKind kind, Preferences preferences, BatchOptions limits, CancellationToken cancellationToken)
    {
        var call = new RowRequestEndpoints { _mustBeKept = preferences.RespondAsync };
        if (kind == MediaKind.Json)
            await call.ReadJsonAsync(context, entity, limits, cancellationToken);
        else
            await call.ReadStreamAsync(context, entity, kind, limits, cancellationToken);
        if (preferences.Minimal is { } minimal)
            call.Options = call.Options with { Representation = !minimal };
        if (preferences.RespondAsync && call.Options.RefusalOfJob is { } refusal)
            call.Errors.Add(refusal);
        return call;
    }

    public ValueTask DisposeAsync()
    {
        foreach (var owned in _owned)
            owned.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The same rows as a job.</summary>
    public JobOrder ToOrder(string entity)
    {
        var options = new JsonObject
        {
            ["entity"] = entity,
            ["action"] = Action.ToString().ToLowerInvariant(),
            ["atomic"] = Options.Atomic,
            ["continueOnError"] = Options.ContinueOnError,
            ["return"] = Options.Representation ? "representation" : "minimal",
        };
        if (OnConflict.ValueKind != JsonValueKind.Undefined)
            options["on_conflict"] = JsonNode.Parse(OnConflict.GetRawText());
        return JobOrder.Of("rows", options, Source!, "/items") with { PlaceInCall = RowJobType.PlaceInCall };
    }

    private async Task ReadJsonAsync(HttpContext context, string entity, BatchOptions limits, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync(context.Request, limits.MaxBodyBytes, cancellationToken);
        _owned.Add(body);
        if (body.Error is { } error)
        {
            Errors.Add(error);
            return;
        }
        Errors.AddRange(context.Request.Query.Keys.Select(name =>
            new Error(ErrorCodes.FieldUnknown, $"The query parameter '{name}' belongs to NDJSON and CSV bodies; put it into the JSON body.")));
        if (body.Root.ValueKind != JsonValueKind.Object)
        {
            Errors.Add(new Error(ErrorCodes.FieldInvalid, "The body must be a JSON object", ""));
            return;
        }
        Errors.AddRange(body.Root.EnumerateObject()
            .Where(field => field.Name is not ("action" or "items" or "options"))
            .Select(field => new Error(ErrorCodes.FieldUnknown, $"Unknown field '{field.Name}'", JsonPointer.Append("", field.Name))));
        ReadAction(Member("action") is { ValueKind: JsonValueKind.String } action ? action.GetString() : null, Member("action").ValueKind == JsonValueKind.Undefined);
        ReadOptions(Member("options"));
        ReadItems(Member("items"), limits.MaxItems);
        ReadKey(context, entity, body.Bytes.Span);

        JsonElement Member(string name) => body.Root.TryGetProperty(name, out var value) ? value : default;
    }

    private void ReadItems(JsonElement items, int maxItems)
    {
        var count = items.ValueKind == JsonValueKind.Array ? items.GetArrayLength() : 0;
        if (items.ValueKind == JsonValueKind.Undefined)
            Errors.Add(new Error(ErrorCodes.FieldMissing, "The request has no 'items'", "/items"));
        else if (items.ValueKind != JsonValueKind.Array)
            Errors.Add(new Error(ErrorCodes.FieldInvalid, "'items' must be an array", "/items"));
        else if (count == 0)
            Errors.Add(new Error(ErrorCodes.BatchEmpty, "Batch request must contain at least one item", "/items"));
        else if (count > maxItems)
            Errors.Add(new Error(ErrorCodes.BatchTooLarge, $"Batch size exceeds maximum ({maxItems}). Requested: {count}", "/items"));
        Source = new ItemSource.Json(items);
    }

    private async Task ReadStreamAsync(
        HttpContext context, string entity, MediaKind kind, BatchOptions limits, CancellationToken cancellationToken)
    {
        var query = context.Request.Query;
        ReadAction(query["action"].ToString() is { Length: > 0 } action ? action : null, isMissing: query["action"].Count == 0);
        ReadOptions(QueryOptions.ToJson(query));
        if (Errors.Count > 0)
            return;
        var stream = await ItemStream.OpenAsync(
            context, RouteOf(entity), kind, Options.IsOneTransaction || _mustBeKept, "/items", limits.MaxLineBytes, long.MaxValue, cancellationToken);
        _owned.Add(stream);
        (Source, Key) = (stream.Source, stream.Key);
        if (stream.Error is { } error)
            Errors.Add(error);
    }

    private static string RouteOf(string entity) => $"POST /entities/{entity}/batch";

    private void ReadAction(string? action, bool isMissing)
    {
        var parsed = action switch
        {
            "create" => RowAction.Create,
            "upsert" => RowAction.Upsert,
            "update" => RowAction.Update,
            "delete" => RowAction.Delete,
            _ => (RowAction?)null,
        };
        if (isMissing)
            Errors.Add(new Error(ErrorCodes.FieldMissing, "The request has no 'action'", "/action"));
        else if (parsed is null)
            Errors.Add(new Error(ErrorCodes.ActionInvalid, "'action' must be create, upsert, update or delete", "/action"));
        Action = parsed ?? RowAction.Create;
    }

    private void ReadOptions(JsonElement options)
    {
        Options = RequestOptionsParser.Parse(options, "/options", Errors, "on_conflict");
        if (options.ValueKind == JsonValueKind.Object && options.TryGetProperty("on_conflict", out var conflict))
            OnConflict = conflict;
    }

    private void ReadKey(HttpContext context, string entity, ReadOnlySpan<byte> body)
    {
        var (key, error) = IdempotencyHeader.Read(context, RouteOf(entity), body);
        Key = key;
        if (error is not null)
            Errors.Add(error);
    }
}

/// <summary>The options of a streamed body, as the object that a JSON body would carry.</summary>
file static class QueryOptions
{
    public static JsonElement ToJson(IQueryCollection query)
    {
        var options = new JsonObject();
        foreach (var (name, values) in query.Where(parameter => parameter.Key is not ("action" or "on_conflict" or "on_conflict_action")))
            options[name] = values.ToString() switch
            {
                "true" => true,
                "false" => false,
                var text => (JsonNode)text,
            };
        var conflict = new JsonObject();
        if (query["on_conflict"].Count > 0)
        {
            var columns = query["on_conflict"].ToString().Split(',', StringSplitOptions.TrimEntries);
            conflict["columns"] = new JsonArray([.. columns.Select(column => (JsonNode)column)]);
        }
        if (query["on_conflict_action"].Count > 0)
            conflict["action"] = query["on_conflict_action"].ToString();
        if (conflict.Count > 0)
            options["on_conflict"] = conflict;
        return JsonSerializer.SerializeToElement(options);
    }
}
