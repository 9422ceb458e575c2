using BatchService.Batching;
using Microsoft.Extensions.Options;

namespace BatchService.Entities;

/// <summary>Checks the rows of a batch against the catalog and hands them to the engine.</summary>
internal sealed class RowBatchRunner(CatalogCache catalogs, ItemBatchRunner runner, IOptions<BatchOptions> limits)
{
    public async Task<ItemBatchEnd> RunAsync(RowBatchRequest request, CancellationToken cancellationToken)
    {
        if (EntityAccess.Refusal(request.Batch.Caller, request.Entity, CheckedRows.AccessOf(request.Action)) is { } refusal)
            return ItemBatchEnd.Refused(refusal);
        // A stream cannot be checked a second time, so it begins with a fresh catalog.
        var catalog = request.Source is ItemSource.Streamed
            ? await catalogs.RefreshAsync(CatalogCache.MaxAgeOfARefusal, cancellationToken)
            : await catalogs.GetAsync(cancellationToken);
        var checkedRows = CheckedRows.Of(request, catalog, limits.Value);
        if (!checkedRows.IsClean && request.Source is ItemSource.Json)
            checkedRows = CheckedRows.Of(request, await catalogs.RefreshAsync(CatalogCache.MaxAgeOfARefusal, cancellationToken), limits.Value);
        return checkedRows.Rows is { } rows
            ? await runner.RunAsync(rows, request.Batch, cancellationToken)
            : ItemBatchEnd.Refused(checkedRows.Errors);
    }
}
