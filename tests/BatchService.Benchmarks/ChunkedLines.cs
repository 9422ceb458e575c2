using System.Globalization;
using System.Text;

namespace BatchService.Benchmarks;

/// <summary>Counts the lines of a chunked HTTP answer as its bytes come in, and keeps the last one.</summary>
internal sealed class ChunkedLines
{
    private readonly List<byte> _head = [];
    private List<byte> _line = [];
    private List<byte> _last = [];
    private Part _part = Part.Headers;
    private int _left;

    private enum Part
    {
        Headers,
        ChunkSize,
        Chunk,
        ChunkEnd,
        Complete,
    }

    public int Count { get; private set; }

    public string Last => Encoding.UTF8.GetString([.. _last]);

    public bool IsComplete => _part == Part.Complete;

    public void Take(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty && !IsComplete)
        {
            if (_part == Part.Chunk)
            {
                var taken = Math.Min(_left, data.Length);
                TakeText(data[..taken]);
                data = data[taken..];
                _left -= taken;
                _part = _left == 0 ? Part.ChunkEnd : Part.Chunk;
                continue;
            }

            _head.Add(data[0]);
            data = data[1..];
            TakeHead();
        }
    }

    private void TakeHead()
    {
        if (_head[^1] != '\n' || (_part == Part.Headers && !Head().EndsWith("\r\n\r\n", StringComparison.Ordinal)))
            return;
        switch (_part)
        {
            case Part.Headers when !Head().StartsWith("HTTP/1.1 200", StringComparison.Ordinal):
                throw new InvalidOperationException($"The service answered {Head().Split('\r')[0]}.");
            case Part.ChunkSize:
                _left = int.Parse(Head().Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                _part = _left == 0 ? Part.Complete : Part.Chunk;
                break;
            default:
                _part = Part.ChunkSize;
                break;
        }

        _head.Clear();
    }

    private string Head() => Encoding.ASCII.GetString([.. _head]);

    private void TakeText(ReadOnlySpan<byte> text)
    {
        while (text.IndexOf((byte)'\n') is >= 0 and var end)
        {
            Count++;
            _line.AddRange(text[..end]);
            (_line, _last) = (_last, _line);
            _line.Clear();
            text = text[(end + 1)..];
        }

        _line.AddRange(text);
    }
}
