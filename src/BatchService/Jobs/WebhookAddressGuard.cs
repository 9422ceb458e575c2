using System.Net;
using System.Net.Sockets;

namespace BatchService.Jobs;

/// <summary>Asks the name service for a host's addresses; an address as text is its own.</summary>
internal delegate Task<IPAddress[]> WebhookResolver(string host, CancellationToken cancellationToken);

/// <summary>The host has no address that a webhook may go to. Whether it has none at all is the inner network's matter.</summary>
internal sealed class WebhookAddressException()
    : IOException("The host could not be resolved to addresses that webhooks may go to.");

/// <summary>
/// Opens the connections of webhooks. A host is resolved once for each of them, all of its addresses must be allowed, and the connection
/// goes to an address that was checked, so that a name service that changes its mind gains nothing.
/// </summary>
internal sealed class WebhookAddressGuard(WebhookOptions options, WebhookResolver resolve)
{
    /// <summary>A host may have many addresses that do not answer.</summary>
    private const int MaxAddresses = 4;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(3);

    /// <summary>For <see cref="System.Net.Http.SocketsHttpHandler.ConnectCallback"/>.</summary>
    public async ValueTask<Stream> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var addresses = await ResolveAsync(host, cancellationToken);
        var failure = new SocketException((int)SocketError.HostUnreachable);
        foreach (var address in addresses.Take(MaxAddresses))
        {
            try
            {
                return await ConnectAsync(new IPEndPoint(address, port), cancellationToken);
            }
            catch (SocketException exception)
            {
                // The next one may answer.
                failure = exception;
            }
        }

        throw failure;
    }

    /// <summary>The addresses of a host, all of them allowed and at least one.</summary>
    /// <exception cref="WebhookAddressException">There is none, or one is not allowed.</exception>
    public async Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        IPAddress[] addresses;
        try
        {
            addresses = await resolve(host, cancellationToken);
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            throw new WebhookAddressException();
        }

        return addresses.Length > 0 && Array.TrueForAll(addresses, address => WebhookAddresses.IsAllowed(address, options))
            ? addresses
            : throw new WebhookAddressException();
    }

    private static async Task<Stream> ConnectAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(_patience);
            await socket.ConnectAsync(endpoint, patience.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
