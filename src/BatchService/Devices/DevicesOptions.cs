using System.ComponentModel.DataAnnotations;

namespace BatchService.Devices;

/// <summary>Settings of devices.</summary>
internal sealed class DevicesOptions
{
    public const string Section = "Devices";

    /// <summary>Days that a token is valid.</summary>
    [Range(1, 3_650)]
    public int TokenDays { get; set; } = 30;

    /// <summary>A token with no more days left than these is replaced when its device enrols again.</summary>
    [Range(0, 3_650)]
    public int RenewDays { get; set; } = 7;
}
