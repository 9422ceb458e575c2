using System.Text.Json;
using System.Text.Json.Nodes;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Jobs;

/// <summary>A page of a <see cref="Chromium"/>.</summary>
internal sealed class ChromiumPage(Chromium browser, string session, string downloads)
{
    public async Task GoAsync(Uri address)
    {
        await browser.CallAsync("Page.navigate", new JsonObject { ["url"] = address.ToString() }, session);
        await UntilAsync($"location.href === '{address}' && document.readyState === 'complete'");
    }

    /// <summary>What an expression of JavaScript comes to; of a promise, what that comes to.</summary>
    public async Task<JsonElement> EvaluateAsync(string expression)
    {
        var parameters = new JsonObject { ["expression"] = expression, ["awaitPromise"] = true, ["returnByValue"] = true };
        var answer = await browser.CallAsync("Runtime.evaluate", parameters, session);
        Assert.False(answer.TryGetProperty("exceptionDetails", out var thrown), $"{expression}: {thrown}");
        return answer.GetProperty("result").TryGetProperty("value", out var value) ? value : default;
    }

    public async Task<string> TextAsync(string expression) => (await EvaluateAsync(expression)).GetString()!;

    /// <summary>Waits until the expression is true.</summary>
    public Task UntilAsync(string expression) => RowsWait.UntilAsync(async () => (await EvaluateAsync(expression)).GetBoolean());

    /// <summary>Clicks as a user does: only what can be seen.</summary>
    public Task ClickAsync(string selector) => EvaluateAsync(
        $$"""
        (() => {
          const found = document.querySelector(`{{selector}}`);
          if (!found?.checkVisibility()) throw new Error('There is nothing to click.');
          found.click();
        })()
        """);

    /// <summary>Types into an empty field.</summary>
    public async Task TypeAsync(string selector, string text)
    {
        await EvaluateAsync($"document.querySelector(`{selector}`).select()");
        await browser.CallAsync("Input.insertText", new JsonObject { ["text"] = text }, session);
    }

    /// <summary>What was downloaded under the name.</summary>
    public async Task<string> DownloadedAsync(string name)
    {
        // An empty file holds its name until it is complete.
        var file = Path.Combine(downloads, name);
        await RowsWait.UntilAsync(() => Task.FromResult(new FileInfo(file) is { Exists: true, Length: > 0 }));
        return await File.ReadAllTextAsync(file);
    }
}
