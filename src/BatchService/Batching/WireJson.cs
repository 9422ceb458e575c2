using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace BatchService.Batching;

/// <summary>JSON as the service writes it, to clients and into its own tables.</summary>
[JsonSerializable(typeof(string?[]))]
internal sealed partial class WireJson : JsonSerializerContext
{
    /// <summary>
    /// Texts stay readable: nosniff and the media type keep an answer from being run as HTML. What is written is well-formed by construction.
    /// </summary>
    public static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
}
