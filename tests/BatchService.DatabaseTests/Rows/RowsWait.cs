using System.Diagnostics;

namespace BatchService.DatabaseTests.Rows;

/// <summary>Waits on signals, not on time.</summary>
internal static class RowsWait
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        var clock = Stopwatch.StartNew();
        while (!await isSo())
        {
            Assert.True(clock.Elapsed < Patience, "It did not happen in time.");
            await Task.Delay(10);
        }
    }
}
