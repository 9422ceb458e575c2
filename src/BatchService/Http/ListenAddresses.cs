using System.Net;

namespace BatchService.Http;

/// <summary>Which addresses the service will listen on by its configuration, told before it listens on any of them.</summary>
internal static class ListenAddresses
{
    /// <summary>
    /// The first address that other machines could reach, or null when all are loopback. No address at all means localhost.
    /// </summary>
    public static string? FirstExposed(IEnumerable<string> addresses) => addresses.FirstOrDefault(address => !IsLoopback(address));

    /// <summary>
    /// Everything that Kestrel takes addresses from. Some of these override others; all are looked at, to be on the safe side.
    /// </summary>
    public static IEnumerable<string> Configured(IConfiguration configuration, IEnumerable<string> urls)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]);
        var ports = Split(configuration["http_ports"]).Concat(Split(configuration["https_ports"]))
            .Select(port => $"{Uri.UriSchemeHttp}://*:{port}");
        return Split(configuration["urls"]).Concat(urls).Concat(endpoints.OfType<string>()).Concat(ports);
    }

    private static string[] Split(string? list) =>
        list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static bool IsLoopback(string address)
    {
        // Not by System.Uri: it knows neither http://*:80 nor http://+:80, and makes 127.0.0.1 of shorter forms that Kestrel does not.
        var host = BindingAddress.Parse(address).Host;
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && ip.ToString() == host.Trim('[', ']') && IPAddress.IsLoopback(ip));
    }
}
