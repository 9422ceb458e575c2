using System.ComponentModel.DataAnnotations;

namespace BatchService.Devices;

/// <summary>Settings of proofs.</summary>
internal sealed class ProofsOptions
{
    public const string Section = "Proofs";

    /// <summary>Between two looks for proofs to seal.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "7.00:00:00", ParseLimitsInInvariantCulture = true, ConvertValueInInvariantCulture = true)]
    public TimeSpan SealInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Proofs without a signature are refused.</summary>
    public bool RequireSignature { get; set; }
}
