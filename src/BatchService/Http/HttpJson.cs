using System.Text.Json.Serialization;

namespace BatchService.Http;

/// <summary>Source-generated JSON of the kit's own answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DevelopmentClaims))]
[JsonSerializable(typeof(ErrorEntry))]
[JsonSerializable(typeof(ErrorList))]
[JsonSerializable(typeof(Capabilities))]
[JsonSerializable(typeof(HealthStatus))]
internal sealed partial class HttpJson : JsonSerializerContext;
