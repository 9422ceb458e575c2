using System.Text.Json;
using System.Text.Json.Serialization;

namespace BatchService.Http;

/// <summary>Source-generated JSON of the kit's own answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DevelopmentClaims))]
[JsonSerializable(typeof(ErrorEntry))]
[JsonSerializable(typeof(ErrorList))]
[JsonSerializable(typeof(Capabilities))]
[JsonSerializable(typeof(HealthStatus))]
internal sealed partial class HttpJson : JsonSerializerContext
{
    /// <summary>For answers: texts stay readable, as in <see cref="Problem.Writing"/>.</summary>
    public static HttpJson Wire { get; } = new(new JsonSerializerOptions(Default.Options) { Encoder = Problem.Writing.Encoder });
}
