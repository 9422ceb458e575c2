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

/// <summary>Settings of authentication.</summary>
internal sealed class AuthOptions
{
    public const string Section = "Auth";

    [EnumDataType(typeof(AuthMode))]
    public AuthMode Mode { get; set; } = AuthMode.None;

    /// <summary>Lets <see cref="AuthMode.None"/> listen on addresses that others can reach.</summary>
    public bool AllowInsecure { get; set; }
}
