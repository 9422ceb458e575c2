using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>
/// A stream of rows without end, and its result lines as they come, over a plain socket: HttpClient reads no answer before its body is sent.
/// </summary>
internal sealed class ReliabilityStream
{
    private readonly TaskCompletionSource _flowing = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ReliabilityStream(Uri service, string batch) => Ended = RunAsync(service, batch);

    /// <summary>Ends when the first rows were acknowledged.</summary>
    public Task Flowing => _flowing.Task.WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>Ends when the connection is lost; gives the number of rows that were acknowledged as stored.</summary>
    public Task<int> Ended { get; }

    private async Task<int> RunAsync(Uri service, string batch)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(service.Host, service.Port);
        await using var stream = socket.GetStream();
        var acknowledged = ReadAsync(stream);
        try
        {
            await WriteAsync(stream, batch);
        }
        catch (IOException)
        {
            // The service is gone: that is what the test is about.
        }
        return await acknowledged;
    }

    private static async Task WriteAsync(NetworkStream stream, string batch)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            "POST /entities/entry/batch?action=create&atomic=false&continueOnError=true&return=minimal HTTP/1.1\r\n" +
            "Host: localhost\r\nContent-Type: application/x-ndjson\r\nAccept: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"));
        for (var first = 0; ; first += 10)
        {
            var lines = string.Concat(Enumerable.Range(first, 10).Select(position => $"{{\"batch\":\"{batch}\",\"position\":{position}}}\n"));
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{lines.Length:x}\r\n{lines}\r\n"));
        }
    }

    private async Task<int> ReadAsync(NetworkStream stream)
    {
        var acknowledged = 0;
        try
        {
            using var lines = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
            while (await lines.ReadLineAsync() is { } line)
            {
                // Other lines belong to the framing; a result that the framing or the end cuts in two is not counted.
                if (!line.StartsWith('{') || !line.EndsWith('}') || !line.Contains("\"completed\"", StringComparison.Ordinal))
                    continue;
                acknowledged = JsonElement.Parse(line).GetProperty("index").GetInt32() + 1;
                _flowing.TrySetResult();
            }
        }
        catch (IOException)
        {
            // As above.
        }
        return acknowledged;
    }
}
