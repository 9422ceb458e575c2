using System.Runtime.CompilerServices;
using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>Checks rows as they arrive and cuts them into chunks.</summary>
internal static class RowChunks
{
    /// <summary>The rows of a stream, in constant memory.</summary>
    /// <param name="header">The column names of a CSV body; null for NDJSON.</param>
    public static async IAsyncEnumerable<RowChunk> ReadAsync(
        IAsyncEnumerable<RowInput> inputs,
        RowTask task,
        IReadOnlyList<string>? header,
        int chunkRows,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var builder = new Builder(task, header);
        await foreach (var input in inputs.WithCancellation(cancellationToken))
        {
            builder.Add(input);
            if (builder.Count == chunkRows)
                yield return builder.Take(isLast: false);
        }
        if (builder.Count > 0)
            yield return builder.Take(isLast: true);
    }

    /// <summary>The rows of a JSON array.</summary>
    public static IReadOnlyList<RowChunk> Read(JsonElement items, RowTask task, int chunkRows)
    {
        var builder = new Builder(task, null);
        var chunks = new List<RowChunk>();
        var left = items.GetArrayLength();
        foreach (var item in items.EnumerateArray())
        {
            builder.Add(new RowInput(builder.Next, item));
            if (builder.Count == chunkRows || builder.Next == left)
                chunks.Add(builder.Take(isLast: builder.Next == left));
        }
        return chunks;
    }

    private sealed class Builder(RowTask task, IReadOnlyList<string>? header)
    {
        private readonly RowReader _reader = new(task.Entity, task.Action);
        private List<RowsOfItem> _rows = [];
        private List<ItemOutcome> _refused = [];
        private List<Error> _errors = [];

        public int Count { get; private set; }

        /// <summary>The index of the row that comes next.</summary>
        public int Next { get; private set; }

        public void Add(RowInput input)
        {
            var pointer = JsonPointer.Append("/items", input.Index);
            var before = _errors.Count;
            ParsedRow? row = null;
            if (input.Error is { } unreadable)
                _errors.Add(unreadable with { Pointer = unreadable.Pointer ?? pointer });
            else if (input.Fields is { } fields)
                row = _reader.Read(header!, fields, pointer, _errors);
            else
                row = _reader.Read(input.Json, pointer, null, _errors);
            for (var position = before; position < _errors.Count; position++)
                _errors[position] = _errors[position] with { Index = input.Index };
            if (_errors.Count == before)
                _rows.Add(new RowsOfItem(input.Index, null, [row!]));
            else
                _refused.Add(ItemOutcome.Failed(input.Index, _errors[before]));
            Count++;
            Next++;
        }

        public RowChunk Take(bool isLast)
        {
            var chunk = new RowChunk(Next - Count, Count, _rows, _refused, _errors, isLast);
            (_rows, _refused, _errors, Count) = ([], [], [], 0);
            return chunk;
        }
    }
}
