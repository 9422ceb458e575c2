using System.Text.Json;
using System.Text.Json.Nodes;
using BatchService.Batching;
using BatchService.Devices;

namespace BatchService.Tests.Devices;

/// <summary>What may stand in an enrolment, a proof, a question.</summary>
public class DeviceReadersTests
{
    private const string Enrollment = """
        {"device_id":"phone-1","public_key":"ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=","platform":"ios"}
        """;

    private static readonly Caller s_caller = new("ada", new HashSet<string>(), new HashSet<string>(), "{}");

    private static readonly DateTimeOffset s_now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Reads_an_enrolment_with_a_token_of_256_random_bits_for_thirty_days()
    {
        var (item, errors) = ReadEnrollment("{}");
        Assert.Empty(errors);
        Assert.StartsWith("bsd_", item.NewToken, StringComparison.Ordinal);
        Assert.Equal(32, System.Buffers.Text.Base64Url.DecodeFromChars(item.NewToken.AsSpan("bsd_".Length)).Length);
        Assert.NotEqual(item.NewToken, ReadEnrollment("{}").Item.NewToken);
        Assert.Equal((s_now, s_now.AddDays(30), s_now.AddDays(7)), (item.IssuedAt, item.ExpiresAt, item.RenewBefore));
    }

    [Theory]
    [InlineData("""{"device_id":null}""", "FIELD_MISSING", "/items/3/device_id")]
    [InlineData("""{"device_id":""}""", "FIELD_INVALID", "/items/3/device_id")]
    [InlineData("""{"device_id":"a/b"}""", "FIELD_INVALID", "/items/3/device_id")]
    [InlineData("""{"device_id":".."}""", "FIELD_INVALID", "/items/3/device_id")]
    [InlineData("""{"device_id":7}""", "FIELD_INVALID", "/items/3/device_id")]
    [InlineData("""{"public_key":null}""", "FIELD_MISSING", "/items/3/public_key")]
    [InlineData("""{"public_key":"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}""", "FIELD_INVALID", "/items/3/public_key")]
    [InlineData("""{"public_key":"ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHUQ=="}""", "FIELD_INVALID", "/items/3/public_key")]
    [InlineData("""{"public_key":"ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURp="}""", "FIELD_INVALID", "/items/3/public_key")]
    [InlineData("""{"public_key":"ed25519:AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}""", "FIELD_INVALID", "/items/3/public_key")]
    [InlineData("""{"public_key":"ed25519:****************************************** *"}""", "FIELD_INVALID", "/items/3/public_key")]
    [InlineData("""{"platform":null}""", "FIELD_MISSING", "/items/3/platform")]
    [InlineData("""{"force":"yes"}""", "FIELD_INVALID", "/items/3/force")]
    [InlineData("""{"tokn":"x"}""", "FIELD_UNKNOWN", "/items/3/tokn")]
    public void Refuses_a_wrong_enrolment(string change, string code, string place) => AssertError(ReadEnrollment(change).Errors, code, place);

    [Fact]
    public void Refuses_a_platform_of_more_than_64_characters() => AssertError(
        ReadEnrollment($$"""{"platform":"{{new string('x', 65)}}"}""").Errors, "FIELD_INVALID", "/items/3/platform");

    [Fact]
    public void Takes_a_signature_over_the_texts_as_they_were_sent()
    {
        var (item, errors) = ReadLock("{}");
        Assert.Empty(errors);
        Assert.Equal("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08|2026-01-31T12:00:00Z", item.SignedText);
        Assert.Equal(s_now, item.CaptureTime);
        Assert.Equal(Shortcode.Length, item.Shortcode.Length);
        Assert.DoesNotContain(item.Shortcode, letter => !Shortcode.Alphabet.Contains(letter, StringComparison.Ordinal));
        Assert.Empty(ReadLock($$"""{"signature":"ed25519:{{Signature}}"}""").Errors);
    }

    [Theory]
    // The same time and the same hash, but other texts than were signed.
    [InlineData("""{"capture_time_utc":"2026-01-31T12:00:00.0Z"}""", "VALIDATION_FAILED", "/items/3/signature")]
    [InlineData("""{"asset_hash":"sha256:9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"}""", "VALIDATION_FAILED", "/items/3/signature")]
    [InlineData("""{"signature":"abc"}""", "FIELD_INVALID", "/items/3/signature")]
    [InlineData("""{"asset_hash":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}""", "FIELD_INVALID", "/items/3/asset_hash")]
    [InlineData("""{"asset_hash":"sha256:9f86"}""", "FIELD_INVALID", "/items/3/asset_hash")]
    [InlineData("""{"capture_time_utc":"2026-01-31T12:00:00"}""", "FIELD_INVALID", "/items/3/capture_time_utc")]
    [InlineData("""{"capture_time_utc":null}""", "FIELD_MISSING", "/items/3/capture_time_utc")]
    [InlineData("""{"geo":[1,2]}""", "FIELD_INVALID", "/items/3/geo")]
    [InlineData("""{"geo":{"lat":90.1,"lon":0}}""", "FIELD_INVALID", "/items/3/geo/lat")]
    [InlineData("""{"geo":{"latitude":0,"longitude":-181}}""", "FIELD_INVALID", "/items/3/geo/longitude")]
    [InlineData("""{"geo":{"lng":"13"}}""", "FIELD_INVALID", "/items/3/geo/lng")]
    [InlineData("""{"owner":"me"}""", "FIELD_UNKNOWN", "/items/3/owner")]
    public void Refuses_a_wrong_proof(string change, string code, string place) => AssertError(ReadLock(change).Errors, code, place);

    [Fact]
    public void Takes_a_proof_without_a_signature_unless_one_is_required()
    {
        Assert.Empty(ReadLock("""{"signature":null}""").Errors);
        var errors = ReadLock("""{"signature":null}""", new ProofsOptions { RequireSignature = true }).Errors;
        AssertError(errors, "VALIDATION_FAILED", "/items/3/signature");
        Assert.Empty(ReadLock("{}", new ProofsOptions { RequireSignature = true }).Errors);
    }

    [Fact]
    public void Takes_any_other_member_of_a_place() => Assert.Equal(
        """{"lat":-90,"accuracy_m":3.5}""", ReadLock("""{"geo":{"lat":-90,"accuracy_m":3.5}}""").Item.Geo);

    [Theory]
    [InlineData("{}", "FIELD_MISSING", "/items/3")]
    [InlineData("""{"record_id":"01980000-0000-7000-8000-000000000001","device_id":"a"}""", "FIELD_INVALID", "/items/3")]
    [InlineData("""{"record_id":"17"}""", "FIELD_INVALID", "/items/3/record_id")]
    [InlineData("""{"content_hash":"sha256:17"}""", "FIELD_INVALID", "/items/3/content_hash")]
    [InlineData("""{"hash":"x"}""", "FIELD_UNKNOWN", "/items/3/hash")]
    public void Refuses_a_wrong_question(string json, string code, string place)
    {
        var errors = new List<Error>();
        LookupReader.Read(Input(json), "/items/3", s_caller, errors);
        AssertError(errors, code, place);
    }

    private static void AssertError(List<Error> errors, string code, string place)
    {
        Assert.Contains(errors, error => error.Code.Name == code && error.Pointer == place);
    }

    private static (EnrollmentItem Item, List<Error> Errors) ReadEnrollment(string change)
    {
        var errors = new List<Error>();
        return (new EnrollmentReader(new DevicesOptions(), s_now).Read(Input(Changed(Enrollment, change)), "/items/3", errors), errors);
    }

    private static (ProofLockItem Item, List<Error> Errors) ReadLock(string change, ProofsOptions? options = null)
    {
        var errors = new List<Error>();
        return (new ProofLockReader(options ?? new ProofsOptions(), s_now).Read(Input(Changed(DeviceExamples.Lock, change)), "/items/3", errors), errors);
    }

    private static string Signature => JsonNode.Parse(DeviceExamples.Lock)!["signature"]!.GetValue<string>();

    private static string Changed(string json, string change)
    {
        var node = JsonNode.Parse(json)!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
            node[name] = value?.DeepClone();
        return node.ToJsonString();
    }

    private static ItemInput Input(string json) => new(3, JsonElement.Parse(json));
}
