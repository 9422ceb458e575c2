using System.ComponentModel.DataAnnotations;

namespace BatchService.Jobs;

/// <summary>
/// How webhooks are signed and where they may go. Section <c>Webhooks</c>. Without a secret nothing could be verified by its receiver, so
/// requests that ask for a webhook are refused until there is one.
/// </summary>
internal sealed class WebhookOptions : IValidatableObject
{
    public const string Section = "Webhooks";

    /// <summary>
    /// <c>whsec_</c> and the base64 of 24 to 64 random bytes (<c>echo whsec_$(openssl rand -base64 32)</c>), the same in all processes;
    /// empty = no webhooks. Webhooks that were accepted earlier wait for a process that has one.
    /// </summary>
    public string? Secret { get; set; }

    /// <summary>For development: lets webhooks go to loopback, there also by http.</summary>
    public bool AllowLoopback { get; set; }

    /// <summary>
    /// Lets webhooks go to private, shared (100.64/10) and unique local addresses. Link-local ones and the known addresses of cloud
    /// metadata stay refused.
    /// </summary>
    public bool AllowPrivateNetworks { get; set; }

    /// <summary>Before the second attempt; each further pause is five times as long, with a jitter of a tenth. 10 ms to 1 hour.</summary>
    public TimeSpan FirstRetryDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>After so many attempts a webhook has failed.</summary>
    [Range(1, 20)]
    public int MaxAttempts { get; set; } = 5;

    /// <summary>Seconds that an attempt may take, from the name's resolution to the answer.</summary>
    [Range(1, 60)]
    public int TimeoutSeconds { get; set; } = 10;

    /// <summary>How long a process that died keeps others from its webhooks; an attempt and its note end well before.</summary>
    public TimeSpan Lease => TimeSpan.FromSeconds((2 * TimeoutSeconds) + 5);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!string.IsNullOrEmpty(Secret) && !WebhookSignature.TryReadSecret(Secret, out _))
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(Secret)} must be {WebhookSignature.SecretPrefix} and the base64 of 24 to 64 bytes.", [nameof(Secret)]);
        }

        if (FirstRetryDelay < TimeSpan.FromMilliseconds(10) || FirstRetryDelay > TimeSpan.FromHours(1))
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(FirstRetryDelay)} must be from 10 ms to 1 hour.", [nameof(FirstRetryDelay)]);
        }
    }
}
