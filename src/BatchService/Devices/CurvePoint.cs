using System.Numerics;
using System.Runtime.InteropServices;

namespace BatchService.Devices;

/// <summary>A point of the curve edwards25519 (RFC 8032, section 5.1), in extended coordinates: x = X/Z, y = Y/Z, xy = T/Z.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct CurvePoint(FieldElement x, FieldElement y, FieldElement z, FieldElement t)
{
    private static readonly BigInteger s_modulus = BigInteger.Pow(2, 255) - 19;

    private static readonly byte[] s_rootExponent = Bytes((s_modulus - 5) / 8);

    private static readonly byte[] s_inverseExponent = Bytes(s_modulus - 2);

    /// <summary>−121665/121666.</summary>
    private static readonly FieldElement s_d = -Of(121_665) * Of(121_666).Power(s_inverseExponent);

    private static readonly FieldElement s_twoD = s_d + s_d;

    private static readonly FieldElement s_rootOfMinusOne = Of(2).Power(Bytes((s_modulus - 1) / 4));

    public static readonly CurvePoint Identity = new(FieldElement.Zero, FieldElement.One, FieldElement.One, FieldElement.Zero);

    /// <summary>The generator: y = 4/5, x even.</summary>
    public static readonly CurvePoint Generator = Decode((Of(4) * Of(5).Power(s_inverseExponent)).ToBytes())!.Value;

    private readonly FieldElement _x = x, _y = y, _z = z, _t = t;

    /// <summary>The point that 32 bytes stand for; null for none.</summary>
    public static CurvePoint? Decode(ReadOnlySpan<byte> bytes)
    {
        if (FieldElement.Read(bytes) is not { } y)
            return null;
        var isOdd = bytes[31] >> 7 == 1;
        // x² = (y² − 1)/(d y² + 1) = u/v; a root is u v³ (u v⁷)^((p−5)/8), or that times the root of −1.
        var square = y * y;
        var u = square - FieldElement.One;
        var v = (s_d * square) + FieldElement.One;
        var cube = v * v * v;
        var x = u * cube * (u * cube * cube * v).Power(s_rootExponent);
        var check = v * x * x;
        if (check.Is(-u))
            x *= s_rootOfMinusOne;
        else if (!check.Is(u))
            return null;
        if (x.Is(FieldElement.Zero) && isOdd)
            return null;
        if (x.IsOdd != isOdd)
            x = -x;
        return new CurvePoint(x, y, FieldElement.One, x * y);
    }

    /// <summary>One of the eight points that a few doublings take to the identity: as a key, it would fit nearly any signature.</summary>
    public bool IsOfSmallOrder => Doubled().Doubled().Doubled().Encode().AsSpan().SequenceEqual(Identity.Encode());

    /// <summary>The one way to write the point in 32 bytes.</summary>
    public byte[] Encode()
    {
        var inverse = _z.Power(s_inverseExponent);
        var bytes = (_y * inverse).ToBytes();
        bytes[31] |= (byte)((_x * inverse).IsOdd ? 0x80 : 0);
        return bytes;
    }

    public static CurvePoint operator -(CurvePoint point) => new(-point._x, point._y, point._z, -point._t);

    /// <summary>Complete: it holds for equal points and the identity, too.</summary>
    public static CurvePoint operator +(CurvePoint p, CurvePoint q)
    {
        var a = (p._y - p._x) * (q._y - q._x);
        var b = (p._y + p._x) * (q._y + q._x);
        var c = p._t * s_twoD * q._t;
        var d = p._z * (q._z + q._z);
        return Of(b - a, d - c, d + c, b + a);
    }

    /// <summary><paramref name="m"/> P + <paramref name="n"/> Q, both scalars of 253 bits, little-endian; bit by bit with P + Q at hand.</summary>
    public static CurvePoint Combine(ReadOnlySpan<byte> m, CurvePoint p, ReadOnlySpan<byte> n, CurvePoint q)
    {
        var both = p + q;
        var sum = Identity;
        for (var bit = 252; bit >= 0; bit--)
        {
            sum = sum.Doubled();
            sum = (IsSet(m, bit), IsSet(n, bit)) switch
            {
                (true, true) => sum + both,
                (true, false) => sum + p,
                (false, true) => sum + q,
                _ => sum,
            };
        }
        return sum;
    }

    private CurvePoint Doubled()
    {
        var a = _x * _x;
        var b = _y * _y;
        var c = _z * _z;
        var h = a + b;
        var sum = _x + _y;
        var e = h - (sum * sum);
        var g = a - b;
        return Of(e, c + c + g, g, h);
    }

    private static CurvePoint Of(FieldElement e, FieldElement f, FieldElement g, FieldElement h) => new(e * f, g * h, f * g, e * h);

    private static FieldElement Of(uint number) => new(number, 0, 0, 0, 0);

    private static bool IsSet(ReadOnlySpan<byte> scalar, int bit) => ((scalar[bit / 8] >> (bit % 8)) & 1) == 1;

    private static byte[] Bytes(BigInteger number)
    {
        var bytes = new byte[32];
        number.TryWriteBytes(bytes, out _, isUnsigned: true);
        return bytes;
    }
}
