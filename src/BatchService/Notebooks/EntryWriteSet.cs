using System.Globalization;
using System.Text;
using System.Text.Json;
using BatchService.Batching;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Notebooks;

/// <summary>
/// Writes entries by one statement, <see cref="EntryWriteSql"/>: their positions, themselves and their jobs, or, when one of them does not
/// fit, nothing; then a job divides the set.
/// </summary>
internal sealed class EntryWriteSet(IReadOnlyList<PlacedEntry> entries, EntryTarget target) : WriteSet
{
    public static EntryWriteSet Of(IReadOnlyList<EntryItem> items, EntryTarget target, Caller caller, DateTimeOffset now)
    {
        var ids = OrderedIds.Make(items.Count, now);
        var jobs = OrderedIds.Make(items.Count, now);
        return new([.. items.Select((item, position) => new PlacedEntry(item, item.Draft.Id ?? ids[position], jobs[position], now))], target)
        {
            Caller = caller,
        };
    }

    public override int Count => entries.Count;

    public override int IndexOf(int position) => entries[position].Item.Index;

    public override NpgsqlBatchCommand ToCommand() => new(EntryWriteSql.Text)
    {
        Parameters =
        {
            new NpgsqlParameter<string> { TypedValue = $"[{string.Join(',', entries.Select(ToCells))}]", NpgsqlDbType = NpgsqlDbType.Jsonb },
        },
    };

    public override async Task<SetAnswer> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        if (!await reader.ReadAsync(cancellationToken))
            return SetAnswer.NotExact;
        var told = reader.GetFieldValue<string[]>(0);
        var results = reader.GetFieldValue<string[]>(1);
        return new SetAnswer([.. told.Select((text, position) => ToOutcome(position, text, results[position]))]);
    }

    public override Error Blame(int position, Error error) =>
        error with { Index = IndexOf(position), Id = $"{entries[position].Id}", Pointer = error.Pointer ?? PlaceOf(position) };

    public override WriteSet Pick(IReadOnlyList<int> positions) =>
        new EntryWriteSet([.. positions.Select(position => entries[position])], target) { Caller = Caller };

    public override DividedStatement ToDivided() => new(EntryWriteSql.Text, [.. entries.Select(ToCells)]);

    public override ItemOutcome ReadDivided(int position, byte[]? row, string? result) =>
        ToOutcome(position, Encoding.UTF8.GetString(row!), result!);

    private string PlaceOf(int position) => $"/{IndexOf(position)}";

    /// <summary>What became of an entry.</summary>
    /// <param name="told">The entry's position, or why it was not written.</param>
    private ItemOutcome ToOutcome(int position, string told, string result)
    {
        if (result != EntryWriteSql.Written)
            return ItemOutcome.Failed(IndexOf(position), Blame(position, Refusal(position, told)));
        var id = entries[position].Id;
        var row = NotebookJson.Object(writer => WriteResult(writer, id, long.Parse(told, CultureInfo.InvariantCulture)));
        return new ItemOutcome(IndexOf(position), ItemStatus.Completed) { Affected = 1, Id = $"{id}", Rows = [row] };
    }

    /// <summary>What a client is told of an entry that was written.</summary>
    private void WriteResult(Utf8JsonWriter writer, Guid id, long position)
    {
        writer.WriteString("entry_id", id);
        writer.WriteNumber("causal_position", position);

        // Computing it takes a look at the whole notebook; a background pass does.
        writer.WriteNumber("integration_cost", 0);
        writer.WriteString("claims_status", ClaimsStatuses.Pending);
        if (target.RevisionOf is { } revised)
            writer.WriteString("revision_of", revised);
    }

    private Error Refusal(int position, string reason)
    {
        if (reason == EntryWriteSql.NoNotebook)
            return NotebookErrors.NotebookNotFound(target.NotebookId);
        if (reason == EntryWriteSql.Exists)
            return NotebookErrors.EntryExists($"{PlaceOf(position)}/entry_id");
        var named = int.Parse(reason, CultureInfo.InvariantCulture) - 1;
        return NotebookErrors.NotInNotebook(
            named < entries[position].Item.Draft.References.Count
                ? $"{PlaceOf(position)}/references/{named}"
                : $"{PlaceOf(position)}/fragment_of");
    }

    /// <summary>All that the statement must know of an entry; what is the same for all is read from the first.</summary>
    private string ToCells(PlacedEntry entry) => Encoding.UTF8.GetString(NotebookJson.Write(writer =>
    {
        var draft = entry.Item.Draft;
        writer.WriteStartArray();
        writer.WriteStringValue(target.NotebookId);
        writer.WriteStringValue(target.Subject);
        writer.WriteStringValue(target.StatedAuthor);
        writer.WriteStringValue(Rfc3339.Format(entry.Created));
        writer.WriteNumberValue(target.MaxRetries);
        writer.WriteStringValue(entry.Id);
        writer.WriteStringValue(entry.JobId);
        writer.WriteStringValue(draft.Content);
        writer.WriteStringValue(draft.ContentType ?? EntryDraft.DefaultContentType);
        writer.WriteStringValue(draft.Topic);
        WriteId(writer, draft.FragmentOf);
        if (draft.FragmentIndex is { } index)
            writer.WriteNumberValue(index);
        else
            writer.WriteNullValue();
        writer.WriteStartArray();
        foreach (var id in draft.References)
            writer.WriteStringValue(id);
        writer.WriteEndArray();
        WriteId(writer, target.RevisionOf);
        writer.WriteEndArray();
    }).Span);

    private static void WriteId(Utf8JsonWriter writer, Guid? id)
    {
        if (id is { } there)
            writer.WriteStringValue(there);
        else
            writer.WriteNullValue();
    }
}
