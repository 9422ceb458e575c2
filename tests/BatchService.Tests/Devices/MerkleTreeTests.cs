using System.Security.Cryptography;
using System.Text;
using BatchService.Devices;

namespace BatchService.Tests.Devices;

/// <summary>Roots are those of a few lines of Python over the same rule.</summary>
public class MerkleTreeTests
{
    private static readonly string[] s_leaves = [.. Enumerable.Range(0, 5).Select(number => Hash($"{number}"))];

    [Theory]
    [InlineData(1, "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9")]
    [InlineData(2, "fa13bb36c022a6943f37c638126a2c88fc8d008eb5a9fe8fcde17026807feae4")]
    [InlineData(3, "d32c0dae8492cecc66b77c89843c6c92dbedded6642ef9985f86edf6b5494a8f")]
    [InlineData(5, "7f277729978cc43411d2ebad2ff023e66a50f00625810c416ca16846909306ad")]
    public void Comes_to_the_known_root(int leaves, string root) => Assert.Equal(root, MerkleTree.Root(s_leaves[..leaves]));

    [Fact]
    public void Hashes_the_text_of_left_and_right_and_repeats_the_last_of_an_odd_level()
    {
        var left = Hash(s_leaves[0] + s_leaves[1]);
        var right = Hash(s_leaves[2] + s_leaves[2]);
        Assert.Equal(Hash(left + right), MerkleTree.Root(s_leaves[..3]));
    }

    [Fact]
    public void Depends_on_the_order_of_the_leaves() =>
        Assert.NotEqual(MerkleTree.Root([s_leaves[0], s_leaves[1]]), MerkleTree.Root([s_leaves[1], s_leaves[0]]));

    [Fact]
    public void Leads_every_leaf_of_every_tree_to_the_root()
    {
        for (var count = 1; count <= 33; count++)
        {
            var leaves = Enumerable.Range(0, count).Select(number => Hash($"leaf {number}")).ToList();
            var root = MerkleTree.Root(leaves);
            for (var position = 0; position < count; position++)
            {
                var path = MerkleTree.Path(leaves, position);
                Assert.Equal(root, MerkleTree.Follow(leaves[position], path));
                Assert.Equal((int)Math.Ceiling(Math.Log2(count)), path.Count);
            }
        }
    }

    [Fact]
    public void Leads_no_other_leaf_to_the_root() =>
        Assert.NotEqual(MerkleTree.Root(s_leaves), MerkleTree.Follow(s_leaves[1], MerkleTree.Path(s_leaves, 0)));

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
