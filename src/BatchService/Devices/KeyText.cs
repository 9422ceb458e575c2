namespace BatchService.Devices;

/// <summary>How keys, signatures and hashes are written on the wire.</summary>
internal static class KeyText
{
    private const string KeyPrefix = "ed25519:";
    private const string HashPrefix = "sha256:";
    private const int HashLength = 32;

    /// <summary>A public key, <c>ed25519:</c> and Base64; null for anything else, or for bytes that are no point of the curve.</summary>
    public static byte[]? ReadKey(string text) =>
        text.StartsWith(KeyPrefix, StringComparison.Ordinal) && ReadBase64(text[KeyPrefix.Length..], Ed25519.KeyLength) is { } key && Ed25519.IsKey(key)
            ? key
            : null;

    public static string WriteKey(byte[] key) => KeyPrefix + Convert.ToBase64String(key);

    /// <summary>A signature in Base64, with or without the prefix; null for anything else.</summary>
    public static byte[]? ReadSignature(string text) =>
        ReadBase64(text.StartsWith(KeyPrefix, StringComparison.Ordinal) ? text[KeyPrefix.Length..] : text, Ed25519.SignatureLength);

    /// <summary>A hash, <c>sha256:</c> and 64 hex digits of either case; null for anything else.</summary>
    public static byte[]? ReadHash(string text) =>
        text.StartsWith(HashPrefix, StringComparison.Ordinal)
        && text.Length == HashPrefix.Length + (2 * HashLength)
        && text.AsSpan(HashPrefix.Length).IndexOfAnyExcept(s_hex) < 0
            ? Convert.FromHexString(text.AsSpan(HashPrefix.Length))
            : null;

    private static readonly System.Buffers.SearchValues<char> s_hex = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");

    private static byte[]? ReadBase64(string text, int length)
    {
        // Only the one canonical spelling: no white space, and no bits behind the last byte, which would make a second text of the same bytes.
        var bytes = new byte[length];
        return Convert.TryFromBase64String(text, bytes, out var written) && written == length && Convert.ToBase64String(bytes) == text ? bytes : null;
    }
}
