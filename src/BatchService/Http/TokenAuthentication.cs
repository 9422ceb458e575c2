using System.Diagnostics.CodeAnalysis;
using System.IdentityModel.Tokens.Jwt;
using System.Text.Json;
using BatchService.Batching;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace BatchService.Http;

/// <summary>
/// Verifies bearer tokens: signature, algorithm, issuer, audience, lifetime. The only file that knows the token library. Keys come from
/// the settings or from the authority, never from a token's header.
/// </summary>
internal sealed partial class TokenAuthentication : IDisposable
{
    private const int MaxTokenLength = 16 * 1024;

    private readonly TokenSource _source;
    private readonly string? _roleClaim;
    private readonly ILogger<TokenAuthentication> _logger;
    private readonly ProviderKeys? _provider;

    public TokenAuthentication(
        IOptions<AuthOptions> options, IConfiguration configuration, IHostEnvironment environment, TimeProvider time,
        ILogger<TokenAuthentication> logger)
    {
        _logger = logger;
        _roleClaim = options.Value.DatabaseRoleClaim is { Length: > 0 } claim ? claim : null;
        _source = TokenSource.Read(options.Value, configuration.GetSection(TokenSource.Schemes), environment.IsDevelopment(), []);
        _provider = _source.Authority is { } authority ? new ProviderKeys(authority, time, logger) : null;
    }

    /// <summary>The caller whom a token names; null when it is not a valid one.</summary>
    /// <exception cref="BatchFaultException">The authority's keys cannot be had.</exception>
    public async Task<Caller?> AuthenticateAsync(string token, CancellationToken cancellationToken)
    {
        if (token.Length > MaxTokenLength || !HasAllowedHeader(token))
            return null;
        var keys = _provider is null ? _source.Keys : await _provider.GetAsync(cancellationToken);
        if (TryValidate(token, keys, out var payload, out var keyIsUnknown))
            return TokenClaims.ToCaller(payload, _roleClaim);
        // The provider may have changed its keys.
        return keyIsUnknown && _provider is not null
            && await _provider.GetMoreAsync(cancellationToken) is { } more
            && TryValidate(token, more, out payload, out _)
                ? TokenClaims.ToCaller(payload, _roleClaim)
                : null;
    }

    public void Dispose() => _provider?.Dispose();

    /// <summary>The library would take any algorithm that fits a key: which it may be is decided here, before it is asked.</summary>
    private bool HasAllowedHeader(string token)
    {
        var dot = token.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || token.Count(character => character == '.') != 2)
            return false;
        try
        {
            var bytes = Base64UrlEncoder.DecodeBytes(token[..dot]);
            if (JsonScanner.Scan(bytes) is not null)
                return false;
            using var header = JsonDocument.Parse(bytes);
            return header.RootElement.ValueKind == JsonValueKind.Object
                && header.RootElement.TryGetProperty("alg", out var algorithm)
                && algorithm.ValueKind == JsonValueKind.String
                && _source.Algorithms.Contains(algorithm.GetString()!)
                // Extensions that must be understood: none is.
                && !header.RootElement.TryGetProperty("crit", out _);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever a token makes the library throw, it is no valid token.")]
    private bool TryValidate(string token, IEnumerable<SecurityKey> keys, out byte[] payload, out bool keyIsUnknown)
    {
        (payload, keyIsUnknown) = ([], false);
        try
        {
            var handler = new JwtSecurityTokenHandler { MapInboundClaims = false };
            handler.ValidateToken(token, ParametersFor(keys), out var validated);
            payload = Base64UrlEncoder.DecodeBytes(((JwtSecurityToken)validated).RawPayload);
            return true;
        }
        catch (SecurityTokenSignatureKeyNotFoundException)
        {
            keyIsUnknown = true;
        }
        catch (Exception exception)
        {
            // The type alone: the library's texts quote the token.
            var kind = exception.GetType();
            LogRefused(_logger, kind);
            keyIsUnknown = exception is SecurityTokenInvalidSignatureException;
        }
        return false;
    }

    private TokenValidationParameters ParametersFor(IEnumerable<SecurityKey> keys) => new()
    {
        IssuerSigningKeys = keys,
        ValidIssuers = _source.Issuers,
        ValidAudiences = _source.Audiences,
        ClockSkew = _source.ClockSkew,
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        RequireAudience = true,
        ValidateIssuer = true,
        ValidateAudience = true,
        ValidateLifetime = true,
        ValidateIssuerSigningKey = true,
        // The library's cache goes by the name of a key, which a new one may share with an old one.
        CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false },
    };

    [LoggerMessage(Level = LogLevel.Debug, Message = "A bearer token was refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, Type reason);
}
