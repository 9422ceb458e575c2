using System.Text.Json;
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

    public override string Name => "rows";

    public override async ValueTask<JobMode> CheckAsync(
        JsonElement options, Caller caller, List<Error> errors, CancellationToken cancellationToken)
    {
        var order = Order.Read(options, errors);
        if (errors.Count == 0 && EntityAccess.Refusal(caller, order.Entity, CheckedRows.AccessOf(order.Action)) is { } refusal)
            errors.Add(refusal);
        if (errors.Count == 0)
        {
            var catalog = await catalogs.RefreshAsync(CatalogCache.MaxAgeOfARefusal, cancellationToken);
            errors.AddRange(CheckedRows.Of(order.ToRequest(caller, s_nothing), catalog, limits.Value).Errors
                .Select(error => error with { Pointer = $"/options{error.Pointer?.Replace("/options", "", StringComparison.Ordinal)}" }));
        }
        return order.Mode;
    }

    public override async ValueTask<JobRun> OpenAsync(JobWork work, CancellationToken cancellationToken)
    {
        var order = Order.Read(work.Options, []);
        var catalog = await catalogs.RefreshAsync(CatalogCache.MaxAgeOfARefusal, cancellationToken);
        var source = new ItemSource.Streamed(work.Header, _ => AsyncEnumerable.Empty<ItemInput>());
        var rows = CheckedRows.Of(order.ToRequest(work.Caller, source), catalog, limits.Value);
        if (rows.Task is not { } task)
            throw new BatchFaultException(rows.Errors[0]);
        return JobRun.Of(
            work,
            new BatchMode(order.Mode.Atomic, order.Mode.ContinueOnError),
            CheckedRows.Reading(task, work.Header),
            items => RowSets.Arrange(task, items));
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
            var parsed = RequestOptionsParser.Parse(options, "/options", errors, RequestOptions.OfJobs, "entity", "action", "on_conflict");
            if (parsed.Validate != Validation.None)
                fields.Invalid("validateOnly", "cannot be asked of a job");
            return new Order(entity, action, fields.Raw("on_conflict"), parsed);
        }

        public RowBatchRequest ToRequest(Caller caller, ItemSource source) => new(
            Entity,
            Action,
            OnConflict,
            source,
            new ItemBatchRequest(Options, caller, null, RowFormat.Instance, null, 0, _ => throw new NotSupportedException("A job answers by itself.")));
    }
}
