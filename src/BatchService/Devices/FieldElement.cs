using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BatchService.Devices;

/// <summary>
/// A number modulo 2^255 − 19, as five limbs of 51 bits. Limbs stay below 2^54 between operations, so that no product overflows. Not
/// constant in time: it is used with public values only.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct FieldElement(ulong limb0, ulong limb1, ulong limb2, ulong limb3, ulong limb4)
{
    private const ulong Mask = (1UL << 51) - 1;

    public static readonly FieldElement Zero = new(0, 0, 0, 0, 0);

    public static readonly FieldElement One = new(1, 0, 0, 0, 0);

    private readonly ulong _a = limb0, _b = limb1, _c = limb2, _d = limb3, _e = limb4;

    /// <summary>The number in 32 bytes, little-endian, whose highest bit is ignored; null when it is not below 2^255 − 19.</summary>
    public static FieldElement? Read(ReadOnlySpan<byte> bytes)
    {
        var read = new FieldElement(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes) & Mask,
            (BinaryPrimitives.ReadUInt64LittleEndian(bytes[6..]) >> 3) & Mask,
            (BinaryPrimitives.ReadUInt64LittleEndian(bytes[12..]) >> 6) & Mask,
            (BinaryPrimitives.ReadUInt64LittleEndian(bytes[19..]) >> 1) & Mask,
            (BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]) >> 12) & Mask);
        return read is { _a: > Mask - 19, _b: Mask, _c: Mask, _d: Mask, _e: Mask } ? null : read;
    }

    /// <summary>The one way to write the number in 32 bytes.</summary>
    public byte[] ToBytes()
    {
        var (a, b, c, d, e) = Reduced();
        var bytes = new byte[32];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, a | (b << 51));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), (b >> 13) | (c << 38));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), (c >> 26) | (d << 25));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), (d >> 39) | (e << 12));
        return bytes;
    }

    public bool IsOdd => (Reduced().A & 1) == 1;

    public bool Is(FieldElement other) => Reduced() == other.Reduced();

    public static FieldElement operator +(FieldElement x, FieldElement y) =>
        Carried(x._a + y._a, x._b + y._b, x._c + y._c, x._d + y._d, x._e + y._e);

    // 16 p is added first, so that no limb goes below zero.
    public static FieldElement operator -(FieldElement x, FieldElement y) => Carried(
        x._a + ((Mask - 18) << 4) - y._a,
        x._b + (Mask << 4) - y._b,
        x._c + (Mask << 4) - y._c,
        x._d + (Mask << 4) - y._d,
        x._e + (Mask << 4) - y._e);

    public static FieldElement operator -(FieldElement x) => Zero - x;

    public static FieldElement operator *(FieldElement x, FieldElement y)
    {
        // 2^255 = 19: what lies above the fifth limb comes back at the bottom, 19-fold.
        ulong b19 = y._b * 19, c19 = y._c * 19, d19 = y._d * 19, e19 = y._e * 19;
        var r0 = Product(x._a, y._a) + Product(x._b, e19) + Product(x._c, d19) + Product(x._d, c19) + Product(x._e, b19);
        var r1 = Product(x._a, y._b) + Product(x._b, y._a) + Product(x._c, e19) + Product(x._d, d19) + Product(x._e, c19);
        var r2 = Product(x._a, y._c) + Product(x._b, y._b) + Product(x._c, y._a) + Product(x._d, e19) + Product(x._e, d19);
        var r3 = Product(x._a, y._d) + Product(x._b, y._c) + Product(x._c, y._b) + Product(x._d, y._a) + Product(x._e, e19);
        var r4 = Product(x._a, y._e) + Product(x._b, y._d) + Product(x._c, y._c) + Product(x._d, y._b) + Product(x._e, y._a);
        r1 += r0 >> 51;
        r2 += r1 >> 51;
        r3 += r2 >> 51;
        r4 += r3 >> 51;
        var low = ((ulong)r0 & Mask) + ((ulong)(r4 >> 51) * 19);
        return new FieldElement(low & Mask, ((ulong)r1 & Mask) + (low >> 51), (ulong)r2 & Mask, (ulong)r3 & Mask, (ulong)r4 & Mask);
    }

    /// <summary>The number to a power of 255 bits, little-endian.</summary>
    public FieldElement Power(ReadOnlySpan<byte> exponent)
    {
        var power = One;
        for (var bit = 254; bit >= 0; bit--)
        {
            power *= power;
            if (((exponent[bit / 8] >> (bit % 8)) & 1) == 1)
                power *= this;
        }
        return power;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static UInt128 Product(ulong x, ulong y)
    {
        var high = Math.BigMul(x, y, out var low);
        return new UInt128(high, low);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FieldElement Carried(ulong a, ulong b, ulong c, ulong d, ulong e)
    {
        b += a >> 51;
        c += b >> 51;
        d += c >> 51;
        e += d >> 51;
        return new FieldElement((a & Mask) + ((e >> 51) * 19), b & Mask, c & Mask, d & Mask, e & Mask);
    }

    /// <summary>The limbs of the number between 0 and 2^255 − 20.</summary>
    private (ulong A, ulong B, ulong C, ulong D, ulong E) Reduced()
    {
        var x = Carried(_a, _b, _c, _d, _e);
        x = Carried(x._a, x._b, x._c, x._d, x._e);
        // Whether x + 19 reaches 2^255, that is, whether x reaches the modulus; then 19 is added and bit 255 dropped.
        var carry = (x._a + 19) >> 51;
        carry = (x._b + carry) >> 51;
        carry = (x._c + carry) >> 51;
        carry = (x._d + carry) >> 51;
        carry = (x._e + carry) >> 51;
        var a = x._a + (19 * carry);
        var b = x._b + (a >> 51);
        var c = x._c + (b >> 51);
        var d = x._d + (c >> 51);
        var e = x._e + (d >> 51);
        return (a & Mask, b & Mask, c & Mask, d & Mask, e & Mask);
    }
}
