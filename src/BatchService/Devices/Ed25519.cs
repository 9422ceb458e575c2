using System.Numerics;
using System.Security.Cryptography;

namespace BatchService.Devices;

/// <summary>
/// Verifies Ed25519 signatures (RFC 8032, section 5.1.7). .NET 10 has no Ed25519; verifying touches nothing secret, so that these few
/// files need not be constant in time, and there is deliberately no signing. To be replaced by the framework's when it has one.
/// </summary>
internal static class Ed25519
{
    public const int KeyLength = 32;

    public const int SignatureLength = 64;

    /// <summary>The order of the generator.</summary>
    private static readonly BigInteger s_order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493", null);

    /// <summary>True for 32 bytes that can be somebody's key.</summary>
    public static bool IsKey(ReadOnlySpan<byte> publicKey) => publicKey.Length == KeyLength && CurvePoint.Decode(publicKey) is { IsOfSmallOrder: false };

    /// <summary>True when the owner of the key signed the message.</summary>
    public static bool Verify(ReadOnlySpan<byte> signature, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message)
    {
        if (signature.Length != SignatureLength || publicKey.Length != KeyLength || CurvePoint.Decode(publicKey) is not { } key)
            return false;
        var r = signature[..KeyLength];
        var s = signature[KeyLength..];
        // A larger S would be a second signature of the same message.
        if (new BigInteger(s, isUnsigned: true) >= s_order)
            return false;
        Span<byte> k = stackalloc byte[KeyLength];
        k.Clear();
        var hash = SHA512.HashData([.. r, .. publicKey, .. message]);
        (new BigInteger(hash, isUnsigned: true) % s_order).TryWriteBytes(k, out _, isUnsigned: true);
        // S B = R + k A; compared in bytes, so that R must be written in the one right way.
        return CurvePoint.Combine(s, CurvePoint.Generator, k, -key).Encode().AsSpan().SequenceEqual(r);
    }
}
