namespace BatchService.Batching;

/// <summary>An HTTP answer as bytes: what is sent, and what a repeated request with the same idempotency key gets again.</summary>
internal sealed record StoredAnswer(int Status, string ContentType, ReadOnlyMemory<byte> Body, long Succeeded, long Failed)
{
    /// <summary>What is kept in place of a body that is too large to be kept; null: such a body is kept all the same.</summary>
    public ReadOnlyMemory<byte>? Summary { get; init; }

    public bool IsReplay { get; init; }

    /// <summary>The header <c>Retry-After</c>: the same request may succeed later.</summary>
    public string? RetryAfter { get; init; }

    /// <summary>The header <c>Location</c>: where what was created or accepted can be found.</summary>
    public string? Location { get; init; }

    /// <summary>Done, and nothing to be said about it: 204.</summary>
    public static StoredAnswer NoContent { get; } = new(204, "", default, Succeeded: 1, Failed: 0);

    /// <summary>A JSON answer about one thing.</summary>
    public static StoredAnswer Json(int status, ReadOnlyMemory<byte> body) => new(status, "application/json", body, Succeeded: 1, Failed: 0);

    /// <summary>The answer as it is kept.</summary>
    public StoredAnswer Within(int maxBytes) => Body.Length > maxBytes && Summary is { } summary ? this with { Body = summary } : this;
}
