using System.Security.Cryptography;
using System.Text;

namespace BatchService.Devices;

/// <summary>A step from a leaf to the root: the hash beside, and on which side it stands.</summary>
internal readonly record struct MerkleStep(bool IsLeft, string Hash);

/// <summary>
/// Merkle trees over hashes in lower-case hex: a parent is the SHA-256 of the <em>text</em> left + right, and a level of odd length repeats
/// its last hash. One leaf is its own root.
/// </summary>
internal static class MerkleTree
{
    /// <summary>The root of at least one leaf.</summary>
    public static string Root(IReadOnlyList<string> leaves)
    {
        var level = leaves;
        while (level.Count > 1)
            level = Above(level);
        return level[0];
    }

    /// <summary>What a leaf must be hashed with, in that order, to come to the root.</summary>
    public static IReadOnlyList<MerkleStep> Path(IReadOnlyList<string> leaves, int position)
    {
        var path = new List<MerkleStep>();
        for (var level = leaves; level.Count > 1; level = Above(level), position /= 2)
        {
            var isRight = position % 2 == 1;
            path.Add(new MerkleStep(isRight, isRight ? level[position - 1] : level[Math.Min(position + 1, level.Count - 1)]));
        }
        return path;
    }

    /// <summary>The root that a leaf and its path come to.</summary>
    public static string Follow(string leaf, IEnumerable<MerkleStep> path) =>
        path.Aggregate(leaf, (hash, step) => step.IsLeft ? Parent(step.Hash, hash) : Parent(hash, step.Hash));

    private static string Parent(string left, string right) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(left + right)));

    private static List<string> Above(IReadOnlyList<string> level)
    {
        var above = new List<string>((level.Count + 1) / 2);
        for (var left = 0; left < level.Count; left += 2)
            above.Add(Parent(level[left], level[Math.Min(left + 1, level.Count - 1)]));
        return above;
    }
}
