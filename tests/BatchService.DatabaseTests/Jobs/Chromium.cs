using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BatchService.DatabaseTests.Jobs;

/// <summary>A headless Chromium, driven by its DevTools protocol.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private const string Announcement = "DevTools listening on ";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();
    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _pending = new();
    private readonly Process _process;
    private Task _reading = Task.CompletedTask;
    private int _calls;

    private Chromium(Process process) => _process = process;

    /// <summary>The program on this machine, or null.</summary>
    public static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);

    public static async Task<Chromium> StartAsync()
    {
        // The shell ends the browser when the pipe ends, which it does however this process ends.
        string[] arguments =
        [
            "-c", "\"$0\" \"$@\" </dev/null & read -r _; kill $!; wait", Program!, "--headless", "--no-sandbox", "--disable-gpu",
            "--disable-background-networking", "--disable-sync", "--no-first-run", "--remote-debugging-port=0",
        ];
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, RedirectStandardError = true, UseShellExecute = false };
        var browser = new Chromium(new Process { StartInfo = start });
        foreach (var argument in arguments.Append($"--user-data-dir={browser._folder.Path}"))
        {
            start.ArgumentList.Add(argument);
        }

        await browser._socket.ConnectAsync(await browser.StartProcessAsync().WaitAsync(Patience), CancellationToken.None);
        browser._reading = browser.ReadAsync();
        return browser;
    }

    /// <summary>A page with storage of its own, at the address; what it downloads is put into its folder.</summary>
    public async Task<ChromiumPage> OpenAsync(Uri address)
    {
        var context = (await CallAsync("Target.createBrowserContext", [])).GetProperty("browserContextId").GetString();
        var downloads = Path.Combine(_folder.Path, $"downloads-{context}");
        await CallAsync(
            "Browser.setDownloadBehavior",
            new JsonObject { ["behavior"] = "allow", ["browserContextId"] = context, ["downloadPath"] = downloads });
        var target = await CallAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank", ["browserContextId"] = context });
        var session = await CallAsync(
            "Target.attachToTarget", new JsonObject { ["targetId"] = target.GetProperty("targetId").GetString(), ["flatten"] = true });
        var page = new ChromiumPage(this, session.GetProperty("sessionId").GetString()!, downloads);
        await page.GoAsync(address);
        return page;
    }

    /// <summary>Calls a method of the protocol, of the browser or of one of its pages.</summary>
    public async Task<JsonElement> CallAsync(string method, JsonObject parameters, string? session = null)
    {
        var id = Interlocked.Increment(ref _calls);
        var answer = _pending[id] = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        var call = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (session is not null)
        {
            call["sessionId"] = session;
        }

        await _sending.WaitAsync();
        await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(call), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        _sending.Release();
        var message = await answer.Task.WaitAsync(Patience);
        Assert.False(message.TryGetProperty("error", out var error), $"{method}: {error}");
        return message.GetProperty("result");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
        _socket.Dispose();
        _sending.Dispose();
        _folder.Dispose();
    }

    /// <summary>Where it listens.</summary>
    private Task<Uri> StartProcessAsync()
    {
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.ErrorDataReceived += (_, received) =>
        {
            if (received.Data?.StartsWith(Announcement, StringComparison.Ordinal) == true)
            {
                address.TrySetResult(new Uri(received.Data[Announcement.Length..]));
            }
        };
        _process.Start();
        _process.BeginErrorReadLine();
        return address.Task;
    }

    /// <summary>Hands answers to who waits for them; events are for nobody.</summary>
    private async Task ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        using var message = new MemoryStream();
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                await message.WriteAsync(buffer.AsMemory(0, part.Count));
                if (!part.EndOfMessage)
                {
                    continue;
                }

                var answer = JsonElement.Parse(message.ToArray().AsSpan());
                message.SetLength(0);
                if (answer.TryGetProperty("id", out var id) && _pending.TryRemove(id.GetInt32(), out var pending))
                {
                    pending.SetResult(answer);
                }
            }
        }
        catch (Exception exception) when (exception is WebSocketException or JsonException)
        {
            // The browser is gone; who still waits for it runs out of patience.
        }
    }
}

/// <summary>Runs where Chromium is installed; elsewhere it says that it did not.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ChromiumFactAttribute : FactAttribute
{
    public ChromiumFactAttribute()
    {
        if (Chromium.Program is null)
        {
            Skip = "There is no Chromium on this machine.";
        }
    }
}
