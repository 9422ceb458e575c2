using Microsoft.Extensions.Options;

namespace BatchService.Http;

/// <summary>Refuses settings of authentication that contradict each other, or would let in more than they say.</summary>
internal sealed class AuthOptionsCheck(IConfiguration configuration, IHostEnvironment environment) : IValidateOptions<AuthOptions>
{
    public ValidateOptionsResult Validate(string? name, AuthOptions options)
    {
        var faults = new List<string>();
        if (options.ClockSkew < TimeSpan.Zero || options.ClockSkew > TimeSpan.FromMinutes(5))
            faults.Add("Auth:ClockSkew must be from 0 to 5 minutes.");
        if (options.Mode == AuthMode.Jwt)
            TokenSource.Read(options, configuration.GetSection(TokenSource.Schemes), environment.IsDevelopment(), faults);
        else if (options.DatabaseRoleClaim is { Length: > 0 })
            faults.Add("Auth:DatabaseRoleClaim needs Auth:Mode=Jwt: the development identity has no such claim.");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
