namespace BatchService.Attestations;

/// <summary>Settings of attestations.</summary>
internal sealed class AttestationsOptions
{
    public const string Section = "Attestations";

    /// <summary>Every caller finds and deletes only what it stored itself. Otherwise attestations are shared by all who have the scope.</summary>
    public bool PerCaller { get; set; }
}
