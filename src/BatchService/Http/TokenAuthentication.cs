using System.Diagnostics.CodeAnalysis;
using System.IdentityModel.Tokens.Jwt;
using System.Text.Json;
using BatchService.Batching;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
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
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5), MaxResponseContentBufferSize = 1024 * 1024 };
    private readonly ConfigurationManager<OpenIdConnectConfiguration>? _provider;

    public TokenAuthentication(
        IOptions<AuthOptions> options, IConfiguration configuration, IHostEnvironment environment, ILogger<TokenAuthentication> logger)
    {
        _logger = logger;
        _roleClaim = options.Value.DatabaseRoleClaim is { Length: > 0 } claim ? claim : null;
        _source = TokenSource.Read(options.Value, configuration.GetSection(TokenSource.Schemes), environment.IsDevelopment(), []);
        if (_source.Authority is { } authority)
        {
            var allowHttp = authority.StartsWith("http://", StringComparison.OrdinalIgnoreCase);
            _provider = new ConfigurationManager<OpenIdConnectConfiguration>(
                $"{authority}/.well-known/openid-configuration",
                new OpenIdConnectConfigurationRetriever(),
                new HttpDocumentRetriever(_http) { RequireHttps = !allowHttp });
        }
    }

    /// <summary>The caller whom a token names; null when it is not a valid one.</summary>
    /// <exception cref="BatchFaultException">The authority's keys cannot be had.</exception>
    public async Task<Caller?> AuthenticateAsync(string token, CancellationToken cancellationToken)
    {
        if (token.Length > MaxTokenLength || !HasAllowedHeader(token))
            return null;
        var keys = await KeysAsync(cancellationToken);
        if (TryValidate(token, keys, out var payload, out var keyIsUnknown))
            return TokenClaims.ToCaller(payload, _roleClaim);
        if (!keyIsUnknown || _provider is null)
            return null;
        // The authority may have changed its keys. It is asked again at most every 30 s, however many strange tokens come.
        _provider.RequestRefresh();
        return TryValidate(token, await KeysAsync(cancellationToken), out payload, out _) ? TokenClaims.ToCaller(payload, _roleClaim) : null;
    }

    public void Dispose() => _http.Dispose();

    private async Task<IEnumerable<SecurityKey>> KeysAsync(CancellationToken cancellationToken)
    {
        if (_provider is null)
            return _source.Keys;
        try
        {
            return (await _provider.GetConfigurationAsync(cancellationToken)).SigningKeys;
        }
        catch (Exception exception) when (exception is InvalidOperationException or HttpRequestException or IOException or JsonException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            LogAuthority(_logger, _source.Authority!, (exception.InnerException ?? exception).GetType().Name);
            throw new BatchFaultException(new Error(ErrorCodes.Overloaded, "The identity provider cannot be reached to check the token."));
        }
    }

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
            LogRefused(_logger, exception.GetType().Name);
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
    };

    [LoggerMessage(Level = LogLevel.Debug, Message = "A bearer token was refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The keys of {Authority} cannot be read: {Reason}")]
    private static partial void LogAuthority(ILogger logger, string authority, string reason);
}
