using System.ComponentModel.DataAnnotations;

namespace BatchService.Http;

/// <summary>What clients may keep busy, and how slow they may be. Section <c>Limits</c>.</summary>
internal sealed class LimitsOptions
{
    public const string Section = "Limits";

    /// <summary>Requests in flight; those beyond are refused at once with 503. Long polls and event streams count, probes do not.</summary>
    [Range(1, 1_000_000)]
    public int MaxConcurrentRequests { get; set; } = 1_000;

    /// <summary>Open connections; those beyond are closed. More than requests, so that a refusal can be answered.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 4_000;

    /// <summary>Seconds within which the headers of a request must have come.</summary>
    [Range(1, 600)]
    public int HeadersTimeoutSeconds { get; set; } = 15;

    /// <summary>Seconds that a connection without a request is kept.</summary>
    [Range(1, 3_600)]
    public int KeepAliveSeconds { get; set; } = 120;

    /// <summary>Bytes of all headers of a request; more is a 431.</summary>
    [Range(1_024, 1_048_576)]
    public int MaxHeaderBytes { get; set; } = 32_768;

    /// <summary>Headers of a request; more is a 431.</summary>
    [Range(8, 1_000)]
    public int MaxHeaders { get; set; } = 100;

    /// <summary>
    /// Bytes a second that a body must bring on average once its grace is over. JSON bodies have the deadline of the call besides; a stream
    /// may pause for longer the more it has sent.
    /// </summary>
    [Range(1, 1_000_000)]
    public int MinBodyBytesPerSecond { get; set; } = 10;

    /// <summary>Seconds of waiting for a body, or for a client to take its answer, before the averages count.</summary>
    [Range(2, 3_600)]
    public int BodyGraceSeconds { get; set; } = 90;
}
