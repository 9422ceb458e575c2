using System.Net;
using System.Net.Sockets;

namespace BatchService.Jobs;

/// <summary>Which IP addresses webhooks may go to. A list of what is refused in IPv4, a list of what is left in IPv6.</summary>
internal static class WebhookAddresses
{
    private static readonly IPNetwork[] _private = Networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7");

    private static readonly IPNetwork[] _reserved = Networks(
        "0.0.0.0/8", // this network
        "127.0.0.0/8", // loopback
        "169.254.0.0/16", // link-local, with the metadata of most clouds
        "192.0.0.0/24", // protocol assignments
        "192.0.2.0/24", // documentation
        "192.31.196.0/24", // AS112
        "192.52.193.0/24", // AMT
        "192.88.99.0/24", // 6to4 relays
        "192.175.48.0/24", // AS112
        "198.18.0.0/15", // benchmarks
        "198.51.100.0/24", // documentation
        "203.0.113.0/24", // documentation
        "224.0.0.0/4", // multicast
        "240.0.0.0/4"); // reserved, broadcast

    /// <summary>
    /// IPv6 that anybody may announce is 2000::/3. What lies outside is refused without being named: ::1, ::, mapped and compatible IPv4,
    /// NAT64 (64:ff9b::/96, 64:ff9b:1::/48), discard-only, link-local, site-local, multicast.
    /// </summary>
    private static readonly IPNetwork[] _global = Networks("2000::/3");

    private static readonly IPNetwork[] _globalButReserved = Networks(
        "2001::/23", // protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32", // documentation
        "2002::/16", // 6to4: any IPv4 address within
        "2620:4f:8000::/48", // AS112
        "3ffe::/16", // the 6bone, given back
        "3fff::/20"); // documentation

    /// <summary>Where clouds give out credentials on addresses that look public or merely private: refused in every configuration.</summary>
    private static readonly IPNetwork[] _metadata =
        Networks("168.63.129.16/32", "100.100.100.200/32", "fd00:ec2::254/128", "fd20:ce::254/128");

    /// <summary>True when the address can be one of the public internet and of nothing else.</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (IsIn(_metadata, address) || IsIn(_private, address))
            return false;
        return address.AddressFamily switch
        {
            AddressFamily.InterNetwork => !IsIn(_reserved, address),
            AddressFamily.InterNetworkV6 => IsIn(_global, address) && !IsIn(_globalButReserved, address),
            _ => false,
        };
    }

    /// <summary>True when the address is public, or of a kind that the configuration lets through.</summary>
    public static bool IsAllowed(IPAddress address, WebhookOptions options) =>
        IsPublic(address)
        || (options.AllowLoopback && !address.IsIPv4MappedToIPv6 && IPAddress.IsLoopback(address))
        || (options.AllowPrivateNetworks && !IsIn(_metadata, address) && IsIn(_private, address));

    /// <summary>IPNetwork reads a mapped address as the IPv4 one that it carries, also when it compares it with an IPv6 network.</summary>
    private static bool IsIn(IPNetwork[] networks, IPAddress address) =>
        !address.IsIPv4MappedToIPv6 && Array.Exists(networks, network => network.Contains(address));

    private static IPNetwork[] Networks(params string[] networks) => [.. networks.Select(IPNetwork.Parse)];
}
