using System.Security.Cryptography;

namespace BatchService.Devices;

/// <summary>Ten characters by which people name a proof: no vowels, no two that are taken for each other, 2^45 of them.</summary>
internal static class Shortcode
{
    public const int Length = 10;

    public const string Alphabet = "34679CDFGHJKLMNPQRTVWXY";

    public static string Create() => RandomNumberGenerator.GetString(Alphabet, Length);
}
