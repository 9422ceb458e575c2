using System.Net;
using BatchService.Batching;

namespace BatchService.Jobs;

/// <summary>Whether a webhook may go to a URL, as far as the URL tells; what its host resolves to is checked at every attempt.</summary>
internal static class WebhookUrl
{
    private const int MaxLength = 2_048;

    /// <summary>FIELD_INVALID, or null. The door adds the pointer.</summary>
    public static Error? Check(string url, WebhookOptions options) =>
        Reason(url, options) is { } reason ? new Error(ErrorCodes.FieldInvalid, reason) : null;

    /// <summary>What shares the bound of webhooks that are sent at once: host and port of a URL that was checked.</summary>
    public static string HostOf(string url)
    {
        var uri = new Uri(url);
        return $"{uri.IdnHost}:{uri.Port}";
    }

    private static string? Reason(string url, WebhookOptions options)
    {
        if (string.IsNullOrEmpty(options.Secret))
            return $"Webhooks need {WebhookOptions.Section}:{nameof(WebhookOptions.Secret)} to be configured.";
        if (url.Length > MaxLength)
            return $"A webhook's URL may have at most {MaxLength} characters.";
        // System.Uri trims and mends; what it would mend may be read differently by others.
        if (url.Any(character => char.IsWhiteSpace(character) || char.IsControl(character) || character == '\\')
            || !Uri.TryCreate(url, UriKind.Absolute, out var uri)
            || !IsWeb(url)
            || uri.IdnHost.Length == 0
            || uri.Port is < 1 or > ushort.MaxValue)
        {
            return "A webhook's URL must be absolute and begin with https://.";
        }

        if (Authority(url).Contains('@', StringComparison.Ordinal))
            return "A webhook's URL must not carry a user or password.";
        if (url.Contains('#', StringComparison.Ordinal))
            return "A webhook's URL must not have a fragment.";
        var address = IPAddress.TryParse(uri.IdnHost, out var literal) ? literal : null;
        var isLoopback = IsLocalhost(uri.IdnHost) || (address is not null && IPAddress.IsLoopback(address));
        if (uri.Scheme != Uri.UriSchemeHttps && !(isLoopback && options.AllowLoopback))
            return "A webhook's URL must begin with https://.";
        return (isLoopback && !options.AllowLoopback) || (address is not null && !WebhookAddresses.IsAllowed(address, options))
            ? "A webhook must not go to a loopback, private, link-local or reserved address."
            : null;
    }

    private static bool IsWeb(string url) =>
        url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) || url.StartsWith("http://", StringComparison.OrdinalIgnoreCase);

    private static string Authority(string url)
    {
        var rest = url[(url.IndexOf("//", StringComparison.Ordinal) + 2)..];
        var end = rest.IndexOfAny(['/', '?', '#']);
        return end < 0 ? rest : rest[..end];
    }

    private static bool IsLocalhost(string host)
    {
        var name = host.TrimEnd('.');
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }
}
