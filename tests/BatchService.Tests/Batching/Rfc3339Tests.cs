using BatchService.Batching;

namespace BatchService.Tests.Batching;

public sealed class Rfc3339Tests
{
    [Theory]
    [InlineData("2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z")]
    [InlineData("2026-01-31t10:00:00z", "2026-01-31T10:00:00Z")]
    [InlineData("2026-01-31 10:00:00-00:00", "2026-01-31T10:00:00Z")]
    [InlineData("2026-01-31T10:00:00.1+02:00", "2026-01-31T08:00:00.1Z")]
    [InlineData("2026-01-31T10:00:00.123456789Z", "2026-01-31T10:00:00.123456Z")]
    [InlineData("2024-02-29T23:59:59+14:00", "2024-02-29T09:59:59Z")]
    [InlineData("2026-01-31T10:00:00+14:01", "2026-01-30T19:59:00Z")]
    [InlineData("2026-01-31T10:00:00+23:59", "2026-01-30T10:01:00Z")]
    [InlineData("2026-01-31T10:00:00.5-23:59", "2026-02-01T09:59:00.5Z")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z")]
    [InlineData("0001-01-01T00:00:00-23:59", "0001-01-01T23:59:00Z")]
    public void Reads_any_offset_and_keeps_microseconds_in_UTC(string text, string expected)
    {
        Assert.True(Rfc3339.TryParse(text, out var time));
        Assert.Equal((expected, TimeSpan.Zero), (Rfc3339.Format(time), time.Offset));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-01-31")]
    [InlineData("2026-01-31T10:00:00")]
    [InlineData("2026-01-31T10:00Z")]
    [InlineData("2026-02-29T10:00:00Z")]
    [InlineData("2026-13-01T10:00:00Z")]
    [InlineData("2026-01-31T24:00:00Z")]
    [InlineData("2026-01-31T10:60:00Z")]
    [InlineData("2026-01-31T10:00:00.Z")]
    [InlineData("2026-01-31T10:00:00.1234567890Z")]
    [InlineData("2026-01-31T10:00:00+24:00")]
    [InlineData("2026-01-31T10:00:00+01:60")]
    [InlineData("2026-01-31T10:00:00+0100")]
    [InlineData("2026-01-31T10:00:00Z\n")]
    [InlineData(" 2026-01-31T10:00:00Z")]
    [InlineData("\u0662026-01-31T10:00:00Z")]
    [InlineData("0000-12-31T23:59:59Z")]
    [InlineData("0001-01-01T00:00:00+00:01")]
    [InlineData("9999-12-31T23:59:59-00:01")]
    [InlineData("9999-12-31T12:00:00-23:59")]
    public void Refuses_what_is_no_time_or_lies_outside_the_years_1_to_9999_in_UTC(string text) =>
        Assert.False(Rfc3339.TryParse(text, out _));
}
