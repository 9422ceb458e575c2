using BatchService.Entities;

namespace BatchService.Tests.Entities;

public sealed class CellTextTimeTests
{
    [Theory]
    [InlineData(TypeFamily.Date, "2024-02-29")]
    [InlineData(TypeFamily.Date, "0001-01-01")]
    [InlineData(TypeFamily.Time, "10:00")]
    [InlineData(TypeFamily.Time, "10:00:00.123456789")]
    [InlineData(TypeFamily.Time, "24:00:00")]
    [InlineData(TypeFamily.TimeTz, "10:00:00-08")]
    [InlineData(TypeFamily.Timestamp, "2024-01-01T10:00:00")]
    [InlineData(TypeFamily.Timestamp, "2024-01-01 10:00:00.5")]
    [InlineData(TypeFamily.Timestamp, "2024-01-01")]
    [InlineData(TypeFamily.Timestamp, "2024-06-30T23:59:60")]
    [InlineData(TypeFamily.TimestampTz, "2024-01-01T10:00:00Z")]
    [InlineData(TypeFamily.TimestampTz, "2024-01-01t10:00:00z")]
    [InlineData(TypeFamily.TimestampTz, "2024-01-01 10:00:00.123456+00")]
    [InlineData(TypeFamily.TimestampTz, "2024-01-01T10:00:00+05:30")]
    [InlineData(TypeFamily.TimestampTz, "2024-01-01T10:00:00-0800")]
    [InlineData(TypeFamily.TimestampTz, "2024-01-01T10:00:00")]
    [InlineData(TypeFamily.TimestampTz, "9999-12-31T23:59:59.9999994Z")]
    internal void Takes_iso_dates_and_times_as_they_are(TypeFamily family, string value) =>
        Assert.Equal((null, value), CellTextTests.Read($"\"{value}\"", CellTextTests.TypeOf(family)));

    [Theory]
    [InlineData(TypeFamily.Date, "2023-02-29")]
    [InlineData(TypeFamily.Date, "2024-13-01")]
    [InlineData(TypeFamily.Date, "2024-00-01")]
    [InlineData(TypeFamily.Date, "0000-01-01")]
    [InlineData(TypeFamily.Date, "10000-01-01")]
    [InlineData(TypeFamily.Date, "2024-1-1")]
    [InlineData(TypeFamily.Date, "20240101")]
    [InlineData(TypeFamily.Date, "01/02/2024")]
    [InlineData(TypeFamily.Date, "2024-01-01T00:00:00")]
    [InlineData(TypeFamily.Date, "infinity")]
    [InlineData(TypeFamily.Date, "today")]
    [InlineData(TypeFamily.Date, "")]
    [InlineData(TypeFamily.Time, "25:00")]
    [InlineData(TypeFamily.Time, "24:00:01")]
    [InlineData(TypeFamily.Time, "10:60")]
    [InlineData(TypeFamily.Time, "10:00:60.5")]
    [InlineData(TypeFamily.Time, "10:00:00.")]
    [InlineData(TypeFamily.Time, "10:00 PM")]
    [InlineData(TypeFamily.Time, "10")]
    [InlineData(TypeFamily.TimeTz, "10:00+16:00")]
    [InlineData(TypeFamily.Timestamp, "2024-01-01T24:00:00")]
    [InlineData(TypeFamily.Timestamp, "2024-01-01T")]
    [InlineData(TypeFamily.Timestamp, "2024-01-01_10:00:00")]
    [InlineData(TypeFamily.Timestamp, "-infinity")]
    [InlineData(TypeFamily.Timestamp, "9999-12-31T23:59:59.9999995")]
    [InlineData(TypeFamily.TimestampTz, "9999-12-31T23:59:59-01:00")]
    [InlineData(TypeFamily.TimestampTz, "0001-01-01T00:00:00+01:00")]
    [InlineData(TypeFamily.TimestampTz, "2024-01-01T10:00:00 UTC")]
    [InlineData(TypeFamily.TimestampTz, "2024-01-01T10:00:00+")]
    [InlineData(TypeFamily.TimestampTz, "2024-01-01T10:00:00+05:")]
    [InlineData(TypeFamily.TimestampTz, "2024-01-01T10:00:00+05:60")]
    [InlineData(TypeFamily.TimestampTz, "2024-01-01T10:00:00ZZ")]
    internal void Refuses_days_and_times_that_do_not_exist_or_cannot_be_read_back(TypeFamily family, string value) =>
        Assert.Equal(("TYPE_INVALID", null), CellTextTests.Read($"\"{value}\"", CellTextTests.TypeOf(family)));

    [Theory]
    [InlineData(TypeFamily.Timestamp, "2024-01-01T10:00:00Z")]
    [InlineData(TypeFamily.Timestamp, "2024-01-01T10:00:00+05:30")]
    [InlineData(TypeFamily.Time, "10:00:00Z")]
    internal void An_offset_that_would_be_dropped_is_refused_and_named(TypeFamily family, string value)
    {
        var error = CellText.TryRead(value, CellTextTests.ColumnOf(CellTextTests.TypeOf(family, "time of day")), "", out _);
        Assert.Equal("Column 'total' takes time of day, which has no offset.", error?.Detail);
    }
}
