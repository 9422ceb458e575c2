using System.Globalization;
using System.Numerics;
using System.Text.Json;
using BatchService.Entities;
using FsCheck;
using FsCheck.Fluent;

namespace BatchService.Tests.Entities;

/// <summary>Laws of numbers, against arithmetic of unlimited size.</summary>
public sealed class CellTextLawTests
{
    [Fact]
    public void Every_way_to_write_an_integer_gives_the_same_text() =>
        Prop.ForAll<long, byte>((number, zeros) =>
        {
            var plain = number.ToString(CultureInfo.InvariantCulture);
            var tail = new string('0', zeros % 40);
            string[] ways = [plain, $"{plain}.{tail}0", $"\"{plain}{tail}e-{tail.Length}\"", $"\"{plain}\"", $"{plain}.0e0"];
            return ways.All(way => CellTextTests.Read(way, CellTextTests.TypeOf(TypeFamily.Int64)) == (null, plain));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_number_is_in_range_exactly_when_arithmetic_says_so() =>
        Prop.ForAll<long, sbyte>((mantissa, exponent) =>
        {
            var (whole, hasFraction) = Split(mantissa, exponent);
            var inRange = whole >= int.MinValue && whole <= int.MaxValue ? null : "NUMERIC_OUT_OF_RANGE";
            var expected = hasFraction ? "TYPE_INVALID" : inRange;
            return CellTextTests.Read($"{mantissa}e{exponent}", CellTextTests.TypeOf(TypeFamily.Int32)).Code == expected;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Precision_and_scale_hold_after_rounding_half_away_from_zero()
    {
        var cases =
            from precision in Gen.Choose(1, 12)
            from scale in Gen.Choose(-3, 14)
            from digits in Gen.Choose(1, 14)
            from nines in Gen.Elements(true, false)
            from seed in Gen.Choose(0, int.MaxValue)
            from exponent in Gen.Choose(-16, 6)
            select (precision, scale, Mantissa: nines ? BigInteger.Pow(10, digits) - 1 - (seed % 6) : new BigInteger(seed), exponent);
        Prop.ForAll(cases.ToArbitrary(), test =>
        {
            // mantissa × 10^(exponent + scale), rounded, must have at most `precision` digits.
            var power = test.exponent + test.scale;
            var unit = BigInteger.Pow(10, Math.Abs(power));
            var magnitude = BigInteger.Abs(test.Mantissa);
            var rounded = power >= 0 ? magnitude * unit : ((magnitude * 2) + unit) / (unit * 2);
            var fits = rounded < BigInteger.Pow(10, test.precision);
            var type = CellTextTests.TypeOf(TypeFamily.Numeric) with { Precision = test.precision, Scale = test.scale };
            return (CellTextTests.Read($"{test.Mantissa}e{test.exponent}", type).Code is null) == fits;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void No_string_makes_it_throw_and_none_comes_out_changed_for_text() =>
        Prop.ForAll<NonNull<string>>(value =>
        {
            foreach (var family in Enum.GetValues<TypeFamily>())
            {
                CellText.TryRead(value.Get, CellTextTests.ColumnOf(CellTextTests.TypeOf(family)), "", out _);
            }

            var json = JsonSerializer.SerializeToElement(value.Get);
            return CellText.TryRead(json, CellTextTests.ColumnOf(CellTextTests.TypeOf(TypeFamily.Text)), "", out var text) is null
                && text == json.GetString();
        }).QuickCheckThrowOnFailure();

    private static (BigInteger Whole, bool HasFraction) Split(long mantissa, int exponent)
    {
        var unit = BigInteger.Pow(10, Math.Abs(exponent));
        return exponent >= 0 ? (mantissa * unit, false) : (mantissa / unit, mantissa % unit != 0);
    }
}
