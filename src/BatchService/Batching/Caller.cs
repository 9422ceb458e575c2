namespace BatchService.Batching;

/// <summary>Who asks: a plain value that travels with the request through every step, made at the edge and never looked up later.</summary>
/// <param name="Subject">The <c>sub</c> of the token, or the development identity.</param>
/// <param name="ClaimsJson">All claims as one JSON object; set as <c>request.jwt.claims</c> in every transaction.</param>
internal sealed record Caller(string Subject, IReadOnlySet<string> Scopes, IReadOnlySet<string> Roles, string ClaimsJson)
{
    /// <summary>The claim that names <see cref="DatabaseRole"/>; null: statements run as the connection's own role.</summary>
    public string? DatabaseRoleClaim { get; init; }

    /// <summary>The role that statements on entities run as; null where no claim is set for it, or the caller has none.</summary>
    public string? DatabaseRole { get; init; }

    /// <summary>True when a scope grants <paramref name="action"/> (<c>batch:write</c>) on everything or on <paramref name="target"/> alone.</summary>
    public bool Has(string action, string? target = null) =>
        Scopes.Contains(action) || (target is not null && Scopes.Contains($"{action}:{target}"));

    /// <summary>PERMISSION_DENIED, or null when the caller has the scope on everything or on <paramref name="target"/>.</summary>
    public Error? Refusal(string scope, string? target = null) => Has(scope, target)
        ? null
        : new Error(ErrorCodes.PermissionDenied, $"The caller may not do this: it needs the scope {scope}.");
}
