using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace BatchService.Devices;

/// <summary>The secret by which a device shows that it is the one that was enrolled: 256 random bits, kept as a hash only.</summary>
internal static class DeviceToken
{
    /// <summary>Tells people, and scanners for leaked secrets, what it is.</summary>
    public const string Prefix = "bsd_";

    private const int RandomBytes = 32;

    public static string Create() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>What is kept of a token. No salt: there is nothing to guess in 256 random bits.</summary>
    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
