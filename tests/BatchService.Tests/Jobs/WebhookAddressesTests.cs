using System.Net;
using BatchService.Jobs;

namespace BatchService.Tests.Jobs;

public sealed class WebhookAddressesTests
{
    private static readonly WebhookOptions _everything = new() { AllowLoopback = true, AllowPrivateNetworks = true };

    /// <summary>First and last of each refused range, IPv4 within IPv6 in all its forms, and where clouds keep credentials.</summary>
    public static TheoryData<string> Refused { get; } =
    [
        "0.0.0.0", "0.0.0.1", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
        "127.0.0.1", "127.255.255.254",
        "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1",
        "192.88.99.1", "192.168.0.1",
        "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
        "255.255.255.255", "168.63.129.16", "100.100.100.200", "192.31.196.1", "192.52.193.1", "192.175.48.1",
        "::", "::1", "::2", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "64:ff9b:1:ffff::10.0.0.1",
        "100::1", "100:0:0:1::1",
        "2001::1", "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::",
        "2002:a00:1::1", "2002:808:808::1", "3ffe::1", "3fff::1", "5f00::1", "fc00::1", "fd00::1", "fd00:ec2::254", "fd20:ce::254",
        "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe80::1", "fe80::1%1", "febf::1", "fec0::1", "feff::1", "ff00::1", "ff02::1", "4000::1",
    ];

    [Theory]
    [MemberData(nameof(Refused))]
    public void Is_not_public(string address) => Assert.False(WebhookAddresses.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("8.8.8.8")]
    [InlineData("9.255.255.255")]
    [InlineData("11.0.0.0")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("126.255.255.255")]
    [InlineData("128.0.0.1")]
    [InlineData("169.253.255.255")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("192.167.255.255")]
    [InlineData("192.169.0.0")]
    [InlineData("198.17.255.255")]
    [InlineData("198.20.0.0")]
    [InlineData("223.255.255.255")]
    [InlineData("2001:200::1")]
    [InlineData("2003::1")]
    [InlineData("2606:4700:4700::1111")]
    [InlineData("2a00:1450:4001:81b::200e")]
    public void Is_public(string address) => Assert.True(WebhookAddresses.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("10.0.0.1")]
    [InlineData("172.16.0.1")]
    [InlineData("192.168.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("fd00::1")]
    public void Is_allowed_by_configuration_only(string address)
    {
        Assert.True(WebhookAddresses.IsAllowed(IPAddress.Parse(address), _everything));
        Assert.False(WebhookAddresses.IsAllowed(IPAddress.Parse(address), new WebhookOptions()));
    }

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("168.63.129.16")]
    [InlineData("100.100.100.200")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::10.0.0.1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("224.0.0.1")]
    public void Is_never_allowed(string address) => Assert.False(WebhookAddresses.IsAllowed(IPAddress.Parse(address), _everything));

    [Fact]
    public void Loopback_does_not_bring_private_networks_nor_they_loopback()
    {
        Assert.False(WebhookAddresses.IsAllowed(IPAddress.Parse("10.0.0.1"), new WebhookOptions { AllowLoopback = true }));
        Assert.False(WebhookAddresses.IsAllowed(IPAddress.Loopback, new WebhookOptions { AllowPrivateNetworks = true }));
    }
}
