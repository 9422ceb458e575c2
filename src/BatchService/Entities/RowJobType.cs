using System.Text.Json;
using System.Text.Json.Nodes;
using BatchService.Batching;
using BatchService.Jobs;
using Microsoft.Extensions.Options;

namespace BatchService.Entities;

/// <summary>
/// Jobs that write rows of one entity: options <c>entity</c>, <c>action</c>, <c>on_conflict</c>, and those of a row batch, of which
/// <c>atomic</c> is false and <c>continueOnError</c> true unless they say otherwise.
/// </summary>
internal sealed class RowJobType(CatalogCache catalogs, IOptions<BatchOptions> limits) : JobType
{
    private static readonly ItemSource s_nothing = new ItemSource.Json(JsonElement.Parse("[]"));

    private const string EntityPlace = "/options/entity";
    private const string ActionPlace = "/options/action";

    /// <summary>Where the call of <c>POST /entities/{entity}/batch</c> has what a job has in its options; null: in its address.</summary>
    public static string? PlaceInCall(string? pointer) => pointer switch
    {
        EntityPlace => null,
        ActionPlace => "/action",
        _ => pointer,
    };

    public override string Name => "rows";

    public override bool TakesCsv => true;

    public override async ValueTask<JobMode> CheckAsync(
        JsonElement options, Caller caller, List<Error> errors, CancellationToken cancellationToken)
    {
        var order = Order.Read(options, errors);
        if (errors.Count == 0 && EntityAccess.Refusal(caller, order.Entity, CheckedRows.AccessOf(order.Action)) is { } refusal)
            errors.Add(refusal with { Pointer = EntityPlace });
        if (errors.Count == 0)
        {
            var catalog = await catalogs.RefreshAsync(CatalogCache.MaxAgeOfARefusal, cancellationToken);
            errors.AddRange(CheckedRows.Of(order.ToRequest(caller, s_nothing), catalog, limits.Value).Errors
                .Select(error => error with { Pointer = PlaceOf(error.Pointer) }));
        }
        return order.Mode;
    }

    /// <summary>What the call has in its address or at its top is an option of the job.</summary>
    private static string PlaceOf(string? pointer) => pointer switch
    {
        null => EntityPlace,
        "/action" => ActionPlace,
        _ => pointer,
    };

    /// <summary>The header of a CSV is one for all items.</summary>
    public override async ValueTask<Func<int, bool>?> InspectAsync(JobInspection job, List<Error> errors, CancellationToken cancellationToken)
    {
        if (job.Header is not null)
            errors.AddRange((await CheckAsync(Order.Read(job.Options, []), job.Caller, job.Header, cancellationToken)).Errors);
        return null;
    }

    public override async ValueTask<JobRun> OpenAsync(JobWork work, CancellationToken cancellationToken)
    {
        var order = Order.Read(work.Options, []);
        var rows = await CheckAsync(order, work.Caller, work.Header, cancellationToken);
        if (rows.Task is not { } task)
            throw new BatchFaultException(rows.Errors[0]);
        return JobRun.Of(
            work,
            new BatchMode(order.Mode.Atomic, order.Mode.ContinueOnError),
            CheckedRows.Reading(task, work.Header),
            items => RowSets.Arrange(task, items));
    }

    private async Task<CheckedRows> CheckAsync(Order order, Caller caller, IReadOnlyList<string>? header, CancellationToken cancellationToken)
    {
        var catalog = await catalogs.RefreshAsync(CatalogCache.MaxAgeOfARefusal, cancellationToken);
        var source = new ItemSource.Streamed(header, _ => AsyncEnumerable.Empty<ItemInput>());
        return CheckedRows.Of(order.ToRequest(caller, source), catalog, limits.Value);
    }

    /// <summary>The options of a job, read.</summary>
    private sealed record Order(string Entity, RowAction Action, JsonElement OnConflict, RequestOptions Options)
    {
        public JobMode Mode => new(Options.Atomic, Options.ContinueOnError);

        public static Order Read(JsonElement options, List<Error> errors)
        {
            var fields = new FieldReader(options, "/options", errors);
            var entity = fields.Text("entity", required: true, 255) ?? "";
            var action = fields.Choice("action", required: true, "create", "upsert", "update", "delete") switch
            {
                "upsert" => RowAction.Upsert,
                "update" => RowAction.Update,
                "delete" => RowAction.Delete,
                _ => RowAction.Create,
            };
            var parsed = RequestOptionsParser.Parse(options, "/options", errors, RequestOptions.OfJobs, "entity", "action", "on_conflict", "on_conflict_action");
            if (parsed.RefusalOfJob is { } refusal)
                errors.Add(refusal);
            return new Order(entity, action, ReadConflict(fields), parsed);
        }

        /// <summary>An object; or, as in the query string of a stream, the columns as a text, and the action beside.</summary>
        private static JsonElement ReadConflict(FieldReader fields)
        {
            var value = fields.Raw("on_conflict");
            var action = fields.Raw("on_conflict_action");
            if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Undefined))
                return value;
            if (value.ValueKind == JsonValueKind.Undefined && action.ValueKind == JsonValueKind.Undefined)
                return value;
            var conflict = new JsonObject();
            if (value.ValueKind == JsonValueKind.String)
                conflict["columns"] = new JsonArray([.. value.GetString()!.Split(',', StringSplitOptions.TrimEntries).Select(column => (JsonNode)column)]);
            if (action.ValueKind != JsonValueKind.Undefined)
                conflict["action"] = JsonNode.Parse(action.GetRawText());
            return JsonSerializer.SerializeToElement(conflict);
        }

        public RowBatchRequest ToRequest(Caller caller, ItemSource source) => new(
            Entity,
            Action,
            OnConflict,
            source,
            new ItemBatchRequest(Options, caller, null, RowFormat.Instance, null, 0, _ => throw new NotSupportedException("A job answers by itself.")));
    }
}
