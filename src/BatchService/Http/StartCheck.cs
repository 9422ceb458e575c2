using Microsoft.Extensions.Options;

namespace BatchService.Http;

/// <summary>What must hold before the service listens; the reason is for the one who starts it.</summary>
internal static class StartCheck
{
    /// <summary>Why the service must not start as it is configured, or null.</summary>
    public static string? Refusal(AuthOptions auth, IEnumerable<string> addresses) => auth switch
    {
        { Mode: AuthMode.None, AllowInsecure: false } when ListenAddresses.FirstExposed(addresses) is { } exposed =>
            $"Auth:Mode=None lets everyone in, and {exposed} can be reached by other machines. "
            + "Listen on loopback only (--urls http://127.0.0.1:5000), or set Auth:AllowInsecure=true.",
        _ => null,
    };

    /// <summary>The same for an application that is built.</summary>
    public static string? Refusal(WebApplication app)
    {
        try
        {
            app.Services.GetService<IStartupValidator>()?.Validate();
            var auth = app.Services.GetRequiredService<IOptions<AuthOptions>>().Value;
            return Refusal(auth, ListenAddresses.Configured(app.Configuration, app.Urls));
        }
        catch (Exception exception) when (exception is OptionsValidationException or InvalidOperationException or FormatException)
        {
            // A value that cannot be bound, one out of its range, an address that is none: all name the key.
            return exception.Message;
        }
    }
}
