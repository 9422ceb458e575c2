using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace BatchService.Batching;

/// <summary>The numbers of a batch.</summary>
internal sealed record ItemTotals(long Total, long Successes, long Failures)
{
    public double SuccessRate => BatchReport.Rate(Successes, Total);
}

/// <summary>
/// Takes the outcomes of a batch in request order, chunk by chunk, as result objects. A best-effort NDJSON answer is sent as it grows;
/// everything else waits in a spool until the fate of the batch is known.
/// </summary>
/// <param name="format">How the items are told.</param>
/// <param name="live">Where to send result lines at once; null: they wait in <see cref="Spool"/>.</param>
/// <param name="separator">Between two results in the spool: a comma in a JSON array, a line feed in NDJSON.</param>
internal sealed class ItemResults(ItemFormat format, Stream? live, byte separator, bool onlyFailed, bool isAtomic) : OutcomeSink, IAsyncDisposable
{
    /// <summary>Results are passed on in pieces, so that no buffer becomes a large object, which only a full collection frees.</summary>
    private const int PieceBytes = 16 * 1024;

    private readonly Dictionary<int, ItemOutcome> _failures = [];
    private byte _separator = separator;
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private long _successes;
    private long _failureCount;
    private long _total;
    private int _reached;

    /// <summary>The results that wait.</summary>
    public ResultSpool Spool { get; } = new();

    /// <summary>The members of the array <see cref="ItemFormat.DataName"/>.</summary>
    public ResultSpool Data { get; } = new();

    /// <summary>The members of the object <c>errors</c>: text by index.</summary>
    public ResultSpool ErrorTexts { get; } = new();

    public ItemTotals Totals => new(_total, _successes, _failureCount);

    /// <summary>Of an atomic batch: the failed items.</summary>
    public IReadOnlyCollection<ItemOutcome> Failures => _failures.Values;

    public override void Clear()
    {
        if (_total > 0 && live is not null)
            throw new InvalidOperationException("Results that were sent cannot be taken back.");
        _failures.Clear();
        ClearSpools();
        _successes = _failureCount = _total = _reached = 0;
    }

    public override async Task AddAsync(IReadOnlyList<ItemOutcome> outcomes, CancellationToken cancellationToken)
    {
        foreach (var outcome in outcomes)
            Count(outcome);
        await WriteAsync(outcomes, cancellationToken);
    }

    /// <summary>After the abort of an atomic batch: nothing reads completed any more, and the results are an array in a problem.</summary>
    public Task RollBackAsync(CancellationToken cancellationToken)
    {
        _successes = 0;
        return RetellAsync(index => index < _reached ? ItemStatus.RolledBack : ItemStatus.NotExecuted, cancellationToken);
    }

    /// <summary>After the check of an atomic batch that would be aborted: what would be fine still reads completed, in a problem too.</summary>
    public Task TellCheckedAsync(CancellationToken cancellationToken) => RetellAsync(_ => ItemStatus.Completed, cancellationToken);

    private async Task RetellAsync(Func<int, ItemStatus> statusOf, CancellationToken cancellationToken)
    {
        _separator = (byte)',';
        var total = (int)_total;
        ClearSpools();
        const int Piece = 1_000;
        for (var first = 0; first < total; first += Piece)
        {
            var piece = Enumerable.Range(first, Math.Min(Piece, total - first))
                .Select(index => _failures.GetValueOrDefault(index) ?? new ItemOutcome(index, statusOf(index)));
            await WriteAsync([.. piece], cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Spool.DisposeAsync();
        await Data.DisposeAsync();
        await ErrorTexts.DisposeAsync();
    }

    private void ClearSpools()
    {
        Spool.Clear();
        Data.Clear();
        ErrorTexts.Clear();
    }

    private bool IsLine => live is not null || _separator == (byte)'\n';

    private void Count(ItemOutcome outcome)
    {
        _total++;
        if (outcome.Status is ItemStatus.Completed or ItemStatus.Replayed)
        {
            _successes++;
            _reached = outcome.Index + 1;
        }
        else if (outcome.Status == ItemStatus.Failed)
        {
            _failureCount++;
            if (isAtomic)
                _failures[outcome.Index] = outcome;
        }
    }

    private async Task WriteAsync(IReadOnlyList<ItemOutcome> outcomes, CancellationToken cancellationToken)
    {
        await using var writer = new Utf8JsonWriter(_buffer, WireJson.Writing);
        var separated = live is null && Spool.Length > 0;
        foreach (var outcome in outcomes)
        {
            if (onlyFailed && outcome.Status is ItemStatus.Completed or ItemStatus.Replayed)
                continue;
            if (separated)
                _buffer.Write([_separator]);
            separated = live is null;
            format.WriteResult(writer, outcome, IsLine);
            await writer.FlushAsync(cancellationToken);
            writer.Reset();
            if (live is not null)
                _buffer.Write("\n"u8);
            if (_buffer.WrittenCount >= PieceBytes)
                await PassOnAsync(cancellationToken);
        }
        await PassOnAsync(cancellationToken);
        if (live is not null)
        {
            await live.FlushAsync(cancellationToken);
            return;
        }
        if (format.DataName is not null && !IsLine)
            await WriteDataAsync(outcomes, cancellationToken);
        await WriteErrorTextsAsync(outcomes, cancellationToken);
    }

    private async Task PassOnAsync(CancellationToken cancellationToken)
    {
        if (live is not null)
            await live.WriteAsync(_buffer.WrittenMemory, cancellationToken);
        else
            await Spool.WriteAsync(_buffer.WrittenMemory, cancellationToken);
        _buffer.ResetWrittenCount();
    }

    private async Task WriteDataAsync(IReadOnlyList<ItemOutcome> outcomes, CancellationToken cancellationToken)
    {
        var separated = Data.Length > 0;
        foreach (var outcome in outcomes.Where(outcome => outcome.Status is ItemStatus.Completed or ItemStatus.Replayed))
        {
            var data = format.DataOf(outcome);
            if (data.IsEmpty)
                continue;
            if (separated)
                _buffer.Write(","u8);
            separated = true;
            _buffer.Write(data.Span);
            if (_buffer.WrittenCount >= PieceBytes)
                await PassOnDataAsync();
        }
        await PassOnDataAsync();

        async Task PassOnDataAsync()
        {
            await Data.WriteAsync(_buffer.WrittenMemory, cancellationToken);
            _buffer.ResetWrittenCount();
        }
    }

    private async Task WriteErrorTextsAsync(IReadOnlyList<ItemOutcome> outcomes, CancellationToken cancellationToken)
    {
        foreach (var outcome in outcomes.Where(outcome => outcome.Status == ItemStatus.Failed))
        {
            var member = $"{(ErrorTexts.Length > 0 ? "," : "")}\"{outcome.Index}\":\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(outcome.Error!.Detail)}\"";
            await ErrorTexts.WriteAsync(System.Text.Encoding.UTF8.GetBytes(member), cancellationToken);
        }
    }
}
