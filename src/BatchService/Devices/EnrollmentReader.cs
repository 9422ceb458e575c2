using BatchService.Batching;

namespace BatchService.Devices;

/// <summary>A checked enrolment, with the token that its device gets if it gets a new one.</summary>
/// <param name="CurrentToken">The token that the device has, as it says; null where it has none.</param>
/// <param name="Force">A new token in any case, and another public key if there is one.</param>
/// <param name="RenewBefore">A token that ends until then is replaced.</param>
internal sealed record EnrollmentItem(
    int Index,
    string DeviceId,
    byte[] PublicKey,
    string Platform,
    string? AppVersion,
    string? CurrentToken,
    bool Force,
    string NewToken,
    DateTimeOffset IssuedAt,
    DateTimeOffset ExpiresAt,
    DateTimeOffset RenewBefore,
    string Pointer) : IBatchItem;

/// <summary>Reads enrolments.</summary>
/// <param name="now">With microseconds: more PostgreSQL does not keep.</param>
internal sealed class EnrollmentReader(DevicesOptions options, DateTimeOffset now)
{
    public const int MaxIdLength = 128;

    public const int MaxTextLength = 64;
    public const int MaxTokenLength = 256;

    private static readonly System.Buffers.SearchValues<char> s_idCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:@+=-");

    /// <summary>Reads one enrolment; what is wrong with it is added to <paramref name="errors"/>.</summary>
    public EnrollmentItem Read(ItemInput input, string pointer, List<Error> errors)
    {
        var fields = new FieldReader(input.Json, pointer, errors);
        var id = fields.Text("device_id", required: true, MaxIdLength);
        if (id is not null && id.AsSpan().IndexOfAnyExcept(s_idCharacters) >= 0)
            fields.Invalid("device_id", "must consist of letters, digits and . _ : @ + = - only");
        else if (id is "." or "..")
            fields.Invalid("device_id", "must not be '.' or '..': clients take such segments out of an address");
        var key = fields.Text("public_key", required: true, MaxTextLength) is { } text ? KeyText.ReadKey(text) : [];
        if (key is null)
            fields.Invalid("public_key", "must be 'ed25519:' and the Base64 of a public key of 32 bytes");
        var platform = fields.Text("platform", required: true, MaxTextLength);
        var version = fields.Text("app_version", required: false, MaxTextLength);
        var token = fields.Text("current_token", required: false, MaxTokenLength);
        var force = fields.Flag("force") ?? false;
        fields.RefuseOthers();
        return new EnrollmentItem(
            input.Index,
            id ?? "",
            key ?? [],
            platform ?? "",
            version,
            token,
            force,
            DeviceToken.Create(),
            now,
            now.AddDays(options.TokenDays),
            now.AddDays(options.RenewDays),
            pointer);
    }
}
