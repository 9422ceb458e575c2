using System.Text.Json;
using System.Text.Json.Serialization;
using BatchService.Batching;

namespace BatchService.Http;

/// <summary>Source-generated JSON of the kit's own answers.</summary>
[JsonSerializable(typeof(DevelopmentClaims))]
[JsonSerializable(typeof(ErrorEntry))]
[JsonSerializable(typeof(ErrorList))]
[JsonSerializable(typeof(HealthStatus))]
internal sealed partial class HttpJson : JsonSerializerContext
{
    /// <summary>To be used in place of <c>Default</c>: an attribute cannot set the encoder that keeps texts readable.</summary>
    public static HttpJson Wire { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = WireJson.Writing.Encoder,
    });
}
