using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace BatchService.Http;

/// <summary>
/// Whose tokens are taken, in the service's own terms: from the section <c>Auth</c>, or, where that names neither authority nor key, from
/// <c>Authentication:Schemes:Bearer</c>, which <c>dotnet user-jwts</c> writes.
/// </summary>
/// <param name="Authority">Where the keys are published; null: <paramref name="Keys"/> holds them.</param>
internal sealed record TokenSource(
    string? Authority,
    IReadOnlyList<SecurityKey> Keys,
    IReadOnlyList<string> Issuers,
    IReadOnlyList<string> Audiences,
    IReadOnlySet<string> Algorithms,
    TimeSpan ClockSkew)
{
    public const string Schemes = "Authentication:Schemes:Bearer";

    private const int MinKeyBytes = 32;

    private static readonly string[] s_ofAuthority = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.RsaSsaPssSha256];

    private static readonly string[] s_ofKey = [SecurityAlgorithms.HmacSha256];

    /// <summary>The source that the settings describe, and what is wrong with them; usable only when nothing is.</summary>
    /// <param name="allowHttp">A loopback authority may be asked without TLS.</param>
    public static TokenSource Read(AuthOptions options, IConfigurationSection schemes, bool allowHttp, List<string> faults)
    {
        var source = (options.Authority, options.SigningKey) switch
        {
            ({ Length: > 0 }, { Length: > 0 }) => Faulty("Auth:Authority and Auth:SigningKey exclude each other.", faults),
            ({ Length: > 0 } authority, _) => OfAuthority(authority, allowHttp, faults),
            (_, { Length: > 0 } key) => OfKey(key, faults),
            _ => OfSchemes(schemes, faults),
        };
        source = source with
        {
            Issuers = options.Issuer is { Length: > 0 } issuer ? [issuer] : source.Issuers,
            Audiences = options.Audience is { Length: > 0 } audience ? [audience] : source.Audiences,
            Algorithms = Narrow(options.Algorithms, source.Algorithms, faults),
            ClockSkew = options.ClockSkew,
        };
        if (source.Issuers.Count == 0)
            faults.Add("Auth:Mode=Jwt needs Auth:Issuer: what the claim iss must be.");
        if (source.Audiences.Count == 0)
            faults.Add("Auth:Mode=Jwt needs Auth:Audience: what the claim aud must be.");
        return source;
    }

    private static TokenSource OfAuthority(string authority, bool allowHttp, List<string> faults)
    {
        if (!Uri.TryCreate(authority, UriKind.Absolute, out var address)
            || !(address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && allowHttp && address.IsLoopback)))
        {
            faults.Add("Auth:Authority must be an https address (http for loopback in development only).");
        }
        return Nobody with { Authority = authority.TrimEnd('/'), Algorithms = s_ofAuthority.ToHashSet(StringComparer.Ordinal) };
    }

    private static TokenSource OfKey(string text, List<string> faults)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length < MinKeyBytes
            ? Faulty($"Auth:SigningKey must have at least {MinKeyBytes} bytes.", faults)
            : Nobody with { Keys = [new SymmetricSecurityKey(bytes)], Algorithms = s_ofKey.ToHashSet(StringComparer.Ordinal) };
    }

    private static TokenSource OfSchemes(IConfigurationSection schemes, List<string> faults)
    {
        var keys = new List<SecurityKey>();
        foreach (var entry in schemes.GetSection("SigningKeys").GetChildren())
        {
            var bytes = new byte[entry["Value"]?.Length ?? 0];
            if (!Convert.TryFromBase64String(entry["Value"] ?? "", bytes, out var length) || length < MinKeyBytes)
                faults.Add($"{entry.Path}:Value must be base64 of at least {MinKeyBytes} bytes.");
            else
                keys.Add(new SymmetricSecurityKey(bytes[..length]) { KeyId = entry["Id"] });
        }
        if (keys.Count == 0 && faults.Count == 0)
            faults.Add($"Auth:Mode=Jwt needs Auth:Authority or Auth:SigningKey (or keys of `dotnet user-jwts` in {Schemes}).");
        return Nobody with
        {
            Keys = keys,
            Algorithms = s_ofKey.ToHashSet(StringComparer.Ordinal),
            Issuers = Values(schemes, "ValidIssuer", "ValidIssuers"),
            Audiences = Values(schemes, "ValidAudience", "ValidAudiences"),
        };
    }

    private static IReadOnlyList<string> Values(IConfigurationSection section, string one, string many) =>
        [.. section.GetSection(many).GetChildren().Select(child => child.Value).Append(section[one]).OfType<string>().Where(value => value.Length > 0)];

    private static IReadOnlySet<string> Narrow(string? wanted, IReadOnlySet<string> possible, List<string> faults)
    {
        if (string.IsNullOrWhiteSpace(wanted))
            return possible;
        var named = wanted.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        if (possible.Count > 0 && !named.IsSubsetOf(possible))
            faults.Add($"Auth:Algorithms may only narrow {string.Join(", ", possible)}.");
        return named;
    }

    private static TokenSource Faulty(string fault, List<string> faults)
    {
        faults.Add(fault);
        return Nobody;
    }

    private static TokenSource Nobody { get; } = new(null, [], [], [], new HashSet<string>(), TimeSpan.Zero);
}
