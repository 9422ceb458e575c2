using BatchService.Batching;
using Npgsql;

namespace BatchService.Devices;

/// <summary>One kind of items: how they are read and written, the same for a single call, a batch and a job.</summary>
internal abstract class ItemKind<TItem>
    where TItem : IBatchItem
{
    /// <summary>The <c>job_type</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What a caller must be allowed to do.</summary>
    public abstract string Scope { get; }

    /// <summary>The name of a member of the answer that is handed out once and does not stay in a job's results; null for none.</summary>
    public virtual string? Secret => null;

    /// <summary>The name of a member of an item by which its sender shows who it is; null for none.</summary>
    public virtual string? SentSecret => null;

    /// <summary>Members of an item that are true or false.</summary>
    public virtual IReadOnlyList<string> Flags => [];

    /// <summary>Members of an item that are objects.</summary>
    public virtual IReadOnlyList<string> Objects => [];

    /// <summary>The reader of one pass over a caller's items.</summary>
    public abstract ItemReading<TItem> OpenReader(Caller caller);

    /// <summary>Arranges items into as few statements as keep the meaning of doing one after the other.</summary>
    public IReadOnlyList<WriteSet> Arrange(IReadOnlyList<TItem> items, Caller caller) => [.. Divide(items).Select(part => ToSet(part, caller))];

    /// <summary>Runs one item on a connection, inside its transaction if it has one.</summary>
    public async Task<ItemOutcome> RunAsync(TItem item, Caller caller, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var set = ToSet([item], caller);
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { set.ToCommand() } };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        return (await set.ReadAsync(reader, cancellationToken)).Outcomes[0];
    }

    /// <summary>The statement over items that may be written together.</summary>
    protected abstract WriteSet ToSet(IReadOnlyList<TItem> items, Caller caller);

    /// <summary>Cuts items where one must see what an earlier one did. By default nowhere.</summary>
    protected virtual IEnumerable<IReadOnlyList<TItem>> Divide(IReadOnlyList<TItem> items) => items.Count == 0 ? [] : [items];
}
