using System.Numerics;
using BatchService.Devices;

namespace BatchService.Tests.Devices;

/// <summary>Test vectors of RFC 8032, section 7.1, and what must not pass.</summary>
public class Ed25519Tests
{
    private const string Key3 = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
    private const string Message3 = "af82";
    private const string Signature3 =
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";

    [Theory]
    [InlineData(
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData(
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [InlineData(Key3, Message3, Signature3)]
    [InlineData(
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704")]
    public void Takes_the_vectors_of_the_standard(string key, string message, string signature) =>
        Assert.True(Ed25519.Verify(Bytes(signature), Bytes(key), Bytes(message)));

    [Fact]
    public void Refuses_a_signature_with_any_bit_changed()
    {
        for (var bit = 0; bit < 512; bit += 3)
        {
            var changed = Bytes(Signature3);
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Ed25519.Verify(changed, Bytes(Key3), Bytes(Message3)), $"bit {bit}");
        }
    }

    [Fact]
    public void Refuses_another_message_and_another_key()
    {
        Assert.False(Ed25519.Verify(Bytes(Signature3), Bytes(Key3), Bytes("af83")));
        Assert.False(Ed25519.Verify(Bytes(Signature3), Bytes("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"), Bytes(Message3)));
    }

    [Fact]
    public void Refuses_the_second_form_of_a_signature()
    {
        var order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493", null);
        var signature = Bytes(Signature3);
        var larger = (new BigInteger(signature.AsSpan(32), isUnsigned: true) + order).ToByteArray(isUnsigned: true);
        Assert.False(Ed25519.Verify([.. signature[..32], .. larger], Bytes(Key3), Bytes(Message3)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac")]
    public void Refuses_a_signature_of_another_length(string signature) =>
        Assert.False(Ed25519.Verify(Bytes(signature), Bytes(Key3), Bytes(Message3)));

    [Theory]
    [InlineData("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", true)]
    // y = 2: no x fits.
    [InlineData("0200000000000000000000000000000000000000000000000000000000000000", false)]
    // y = 2^255 - 19, which is 0 and must be written so.
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false)]
    // The identity, and two more points of small order.
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000", false)]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", false)]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false)]
    // x = 0 is not odd.
    [InlineData("0100000000000000000000000000000000000000000000000000000000000080", false)]
    [InlineData("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f70751", false)]
    public void Knows_a_key_from_bytes_that_are_none(string key, bool isKey) => Assert.Equal(isKey, Ed25519.IsKey(Bytes(key)));

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex);
}
