using System.Net;

namespace BatchService.Jobs;

/// <summary>Registers what runs in the background on behalf of callers.</summary>
internal static class JobsSetup
{
    public static IServiceCollection AddJobs(this IServiceCollection services)
    {
        services.AddOptions<WebhookOptions>().BindConfiguration(WebhookOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<WebhookResolver>(Dns.GetHostAddressesAsync);
        services.AddSingleton<NotificationListener>();
        services.AddSingleton<WebhookSender>();
        services.AddSingleton<WebhookStore>();
        services.AddHostedService<WebhookDelivery>();
        services.AddHostedService<WebhookPruning>();
        return services;
    }
}
