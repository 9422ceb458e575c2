using System.Security.Cryptography;
using System.Text;

namespace BatchService.Attestations;

/// <summary>
/// Ids of attestations (ASIDs), 32 characters that tell a reader roughly what was attested:
/// <c>AS rr SSSSS rr PPPPPPP rr CCCCC rrrr AAA</c> without blanks. <c>r</c> is random hex; <c>S P C A</c> come from the first subject, predicate,
/// context, and from the actor.
/// </summary>
internal static class Asid
{
    public const int Length = 32;

    private const string Prefix = "AS";
    private const string Padding = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    private const int SubjectLength = 5;
    private const int PredicateLength = 7;
    private const int ContextLength = 5;
    private const int ActorLength = 3;
    private const int RandomLength = 10;

    /// <summary>Where the random hex digits are.</summary>
    private static readonly bool[] s_isHex = [.. Enumerable.Range(0, Length).Select(at => at is 2 or 3 or 9 or 10 or 18 or 19 or >= 25 and <= 28)];

    /// <summary>A new id.</summary>
    /// <param name="actor">The actor that the client gave; "" where it gave none.</param>
    public static string Create(string subject, string predicate, string context, string actor)
    {
        var random = RandomNumberGenerator.GetHexString(RandomLength);
        return string.Concat(
            Prefix + random[..2] + Component(subject, SubjectLength),
            random[2..4] + Component(predicate, PredicateLength),
            random[4..6] + Component(context, ContextLength),
            random[6..] + Component(actor, ActorLength));
    }

    /// <summary>The part of an id that a text gives: its letters and digits, padded by what its hash chooses.</summary>
    public static string Component(string text, int length)
    {
        var component = new StringBuilder(length);
        foreach (var letter in text.ToUpperInvariant())
        {
            if (char.IsAsciiLetterUpper(letter) || char.IsAsciiDigit(letter))
                component.Append(letter);
            if (component.Length == length)
                return component.ToString();
        }
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        var missing = length - component.Length;
        for (var padding = 0; padding < missing; padding++)
            component.Append(Padding[hash[padding % hash.Length] % Padding.Length]);
        return component.ToString();
    }

    /// <summary>True for what <see cref="Create"/> could have made, with any prefix.</summary>
    public static bool IsValid(string text)
    {
        if (text.Length != Length)
            return false;
        for (var at = 0; at < Length; at++)
        {
            if (s_isHex[at] ? !char.IsAsciiHexDigitUpper(text[at]) : !(char.IsAsciiLetterUpper(text[at]) || char.IsAsciiDigit(text[at])))
                return false;
        }
        return true;
    }
}
