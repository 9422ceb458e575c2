using System.IO.Pipelines;
using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Frames;

/// <summary>Writes a page of an atlas while it comes into being: in constant memory, however many nodes and edges it has.</summary>
internal sealed class AtlasPage
{
    private const int FlushBytes = 32 * 1024;

    private readonly AtlasSnapshot _atlas;
    private readonly PipeWriter _output;
    private readonly Utf8JsonWriter _json;
    private int _left;
    private long _flushed;

    private AtlasPage(AtlasSnapshot atlas, int limit, PipeWriter output, Utf8JsonWriter json)
    {
        _atlas = atlas;
        _left = limit;
        _output = output;
        _json = json;
    }

    private AtlasFrames Frames => _atlas.Graph.Frames;

    /// <summary>Writes up to <paramref name="limit"/> nodes and edges from the cursor on, the metadata, and the next cursor.</summary>
    public static async Task WriteAsync(
        AtlasSnapshot atlas, AtlasCursor start, int limit, PipeWriter output, JsonWriterOptions options, CancellationToken cancellationToken)
    {
        await using var json = new Utf8JsonWriter(output, options);
        await new AtlasPage(atlas, limit, output, json).WriteAsync(start, cancellationToken);
    }

    private async Task WriteAsync(AtlasCursor start, CancellationToken cancellationToken)
    {
        _json.WriteStartObject();
        _json.WriteStartArray("nodes");
        var node = await WriteNodesAsync(start.Node ?? Frames.Count, cancellationToken);
        _json.WriteEndArray();
        _json.WriteStartArray("edges");
        var next = node < Frames.Count ? start with { Node = node } : await WriteEdgesAsync(start with { Node = null }, cancellationToken);
        _json.WriteEndArray();
        WriteMetadata();
        _json.WriteString("next_cursor", next?.ToString());
        _json.WriteEndObject();
        await FlushAsync(cancellationToken);
    }

    /// <summary>Gives the first node that found no place.</summary>
    private async Task<int> WriteNodesAsync(int node, CancellationToken cancellationToken)
    {
        for (; node < Frames.Count && _left > 0; node++, _left--)
        {
            WriteNode(Frames[node]);
            await FlushIfFullAsync(cancellationToken);
        }
        return node;
    }

    /// <summary>Gives the place behind the last edge that was written; null when no edge is left.</summary>
    private async Task<AtlasCursor?> WriteEdgesAsync(AtlasCursor place, CancellationToken cancellationToken)
    {
        foreach (var edge in _atlas.Graph.EdgesAfter(place.From, place.To, cancellationToken))
        {
            if (_left-- == 0)
                return place;
            WriteEdge(edge);
            place = place with { From = edge.From, To = edge.To };
            await FlushIfFullAsync(cancellationToken);
        }
        return null;
    }

    private void WriteNode(AtlasNode node)
    {
        _json.WriteStartObject();
        _json.WriteString("frameId", node.Id);
        _json.WriteString("timestamp", Rfc3339.Format(new DateTimeOffset(node.Ticks, TimeSpan.Zero)));
        _json.WriteStartArray("moduleScope");
        foreach (var module in node.ModuleScope)
            _json.WriteStringValue(module);
        _json.WriteEndArray();
        _json.WriteString("branch", node.Branch);
        _json.WriteEndObject();
    }

    private void WriteEdge(AtlasEdge edge)
    {
        _json.WriteStartObject();
        _json.WriteString("from", Frames.Id(edge.From));
        _json.WriteString("to", Frames.Id(edge.To));
        _json.WriteNumber("weight", edge.Weight);
        _json.WriteString("reason", edge.Reason);
        _json.WriteEndObject();
    }

    private void WriteMetadata()
    {
        _json.WriteStartObject("metadata");
        _json.WriteString("buildTimestamp", _atlas.BuiltAt is { } builtAt ? Rfc3339.Format(builtAt) : null);
        _json.WriteNumber("frameCount", Frames.Count);
        _json.WriteNumber("edgeCount", _atlas.EdgeCount);
        _json.WriteEndObject();
    }

    private async ValueTask FlushIfFullAsync(CancellationToken cancellationToken)
    {
        if (_json.BytesCommitted + _json.BytesPending - _flushed >= FlushBytes)
            await FlushAsync(cancellationToken);
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        // The writer only hands its bytes to the pipe: it does not wait until they are sent.
        await _json.FlushAsync(cancellationToken);
        _flushed = _json.BytesCommitted;
        if ((await _output.FlushAsync(cancellationToken)).IsCompleted)
            throw new OperationCanceledException("The client has gone.");
    }
}
