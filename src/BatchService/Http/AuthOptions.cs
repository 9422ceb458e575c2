using System.ComponentModel.DataAnnotations;

namespace BatchService.Http;

/// <summary>How callers are told apart.</summary>
internal enum AuthMode
{
    /// <summary>Not at all: everyone is the development identity. For loopback only.</summary>
    None,

    /// <summary>By a bearer token.</summary>
    Jwt,
}

/// <summary>Settings of authentication; <see cref="AuthOptionsCheck"/> says which go together.</summary>
internal sealed class AuthOptions
{
    public const string Section = "Auth";

    /// <summary>How callers are told apart: <c>None</c> or <c>Jwt</c>.</summary>
    [EnumDataType(typeof(AuthMode))]
    public AuthMode Mode { get; set; } = AuthMode.None;

    /// <summary>Lets <see cref="AuthMode.None"/> listen on addresses that others can reach.</summary>
    public bool AllowInsecure { get; set; }

    /// <summary>The OpenID Connect provider whose published keys sign the tokens.</summary>
    public string? Authority { get; set; }

    /// <summary>The key of HS256 as UTF-8 text of at least 32 bytes; for scripts and tests, instead of an authority.</summary>
    public string? SigningKey { get; set; }

    /// <summary>What <c>iss</c> must be.</summary>
    public string? Issuer { get; set; }

    /// <summary>What <c>aud</c> must be or hold.</summary>
    public string? Audience { get; set; }

    /// <summary>Narrows the algorithms, separated by commas or blanks; null: HS256 with a key, RS256, ES256 and PS256 with an authority.</summary>
    public string? Algorithms { get; set; }

    /// <summary>How far the clocks of the issuer and of this machine may be apart; at most five minutes.</summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The claim that names the database role which statements on entities run as; null: they run as the connection's own.</summary>
    public string? DatabaseRoleClaim { get; set; }
}
