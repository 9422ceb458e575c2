using BatchService.Batching;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace BatchService.Http;

/// <summary>
/// The signing keys that an OpenID Connect provider publishes: read when first needed, again after some hours, and, at most every half a
/// minute, when a token names a key that is not among them. One reading at a time; keys at hand are used on while the provider is away.
/// </summary>
internal sealed partial class ProviderKeys : IDisposable
{
    private static readonly TimeSpan s_maxAge = TimeSpan.FromHours(6);
    private static readonly TimeSpan s_minPause = TimeSpan.FromSeconds(30);

    private readonly string _authority;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5), MaxResponseContentBufferSize = 1024 * 1024 };
    private readonly SemaphoreSlim _one = new(1, 1);
    private Snapshot? _current;
    private long _askedForMore;

    public ProviderKeys(string authority, TimeProvider time, ILogger logger)
    {
        (_authority, _time, _logger) = (authority, time, logger);
        // The pause begins before the first question for more.
        _askedForMore = time.GetTimestamp() - (long)(s_minPause.TotalSeconds * time.TimestampFrequency);
    }

    /// <summary>The keys at hand; read now when there are none, or old ones.</summary>
    /// <exception cref="BatchFaultException">There are none, and the provider cannot be reached.</exception>
    public async Task<IReadOnlyCollection<SecurityKey>> GetAsync(CancellationToken cancellationToken)
    {
        var known = _current;
        if (known is not null && _time.GetElapsedTime(known.ReadAt) < s_maxAge)
            return known.Keys;
        return (await ReadAsync(known, cancellationToken) ?? throw Unreachable()).Keys;
    }

    /// <summary>Fresh keys for a token whose key is not among those at hand; null when it is too early to ask again.</summary>
    public async Task<IReadOnlyCollection<SecurityKey>?> GetMoreAsync(CancellationToken cancellationToken)
    {
        var asked = Interlocked.Read(ref _askedForMore);
        if (_time.GetElapsedTime(asked) < s_minPause
            || Interlocked.CompareExchange(ref _askedForMore, _time.GetTimestamp(), asked) != asked)
        {
            return null;
        }
        return (await ReadAsync(_current, cancellationToken))?.Keys;
    }

    public void Dispose()
    {
        _http.Dispose();
        _one.Dispose();
    }

    /// <summary>What another has read meanwhile, what the provider says, or, when it cannot be reached, what was known.</summary>
    private async Task<Snapshot?> ReadAsync(Snapshot? known, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (!ReferenceEquals(_current, known))
                return _current;
            var retriever = new HttpDocumentRetriever(_http) { RequireHttps = _authority.StartsWith("https:", StringComparison.OrdinalIgnoreCase) };
            var configuration = await OpenIdConnectConfigurationRetriever.GetAsync(
                $"{_authority}/.well-known/openid-configuration", retriever, cancellationToken);
            return _current = new Snapshot([.. configuration.SigningKeys], _time.GetTimestamp());
        }
        catch (Exception exception) when (IsUnreachable(exception, cancellationToken))
        {
            LogUnreachable(_logger, _authority, (exception.InnerException ?? exception).GetType().Name);
            return _current;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Also what is no configuration at all: the library throws what its JSON reader throws.</summary>
    private static bool IsUnreachable(Exception exception, CancellationToken cancellationToken) =>
        exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested;

    private static BatchFaultException Unreachable() =>
        new(new Error(ErrorCodes.Overloaded, "The identity provider cannot be reached to check the token."));

    private sealed record Snapshot(IReadOnlyCollection<SecurityKey> Keys, long ReadAt);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The keys of {Authority} cannot be read: {Reason}")]
    private static partial void LogUnreachable(ILogger logger, string authority, string reason);
}
