using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BatchService.DatabaseTests.Identity;

/// <summary>Makes tokens, good and bad, by hand: no library that could refuse to make a bad one.</summary>
internal static class TokenText
{
    public const string Key = "a signing key of the tests, 32 bytes and more";
    public const string Issuer = "https://issuer.test";
    public const string Audience = "batch";

    /// <summary>Claims that are accepted, and what <paramref name="more"/> adds to or, with null, takes from them.</summary>
    public static JsonObject Claims(params IReadOnlyList<(string Name, JsonNode? Value)> more)
    {
        var claims = new JsonObject
        {
            ["iss"] = Issuer,
            ["aud"] = Audience,
            ["sub"] = "alice",
            ["exp"] = Now(TimeSpan.FromHours(1)),
            ["scope"] = "batch:read batch:write batch:delete",
        };
        foreach (var (name, value) in more)
        {
            if (value is null)
            {
                claims.Remove(name);
            }
            else
            {
                claims[name] = value;
            }
        }

        return claims;
    }

    /// <summary>A token that is accepted as far as its claims are.</summary>
    public static string Of(params IReadOnlyList<(string Name, JsonNode? Value)> more) => Hmac(Header("HS256"), Claims(more).ToJsonString());

    public static string Header(string algorithm, string more = "") => $$"""{"alg":"{{algorithm}}","typ":"JWT"{{more}}}""";

    public static string Hmac(string header, string payload, string key = Key) => Hmac(header, payload, Encoding.UTF8.GetBytes(key));

    public static string Hmac(string header, string payload, byte[] key)
    {
        var signed = $"{Encode(header)}.{Encode(payload)}";
        var bytes = Encoding.ASCII.GetBytes(signed);
        var signature = header.Contains("HS512", StringComparison.Ordinal) ? HMACSHA512.HashData(key, bytes)
            : header.Contains("HS384", StringComparison.Ordinal) ? HMACSHA384.HashData(key, bytes)
            : HMACSHA256.HashData(key, bytes);
        return $"{signed}.{Encode(signature)}";
    }

    public static string Rsa(string header, string payload, RSA key)
    {
        var signed = $"{Encode(header)}.{Encode(payload)}";
        var padding = header.Contains("\"PS256\"", StringComparison.Ordinal) ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        return $"{signed}.{Encode(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, padding))}";
    }

    public static string Ecdsa(string header, string payload, ECDsa key)
    {
        var signed = $"{Encode(header)}.{Encode(payload)}";
        return $"{signed}.{Encode(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    public static long Now(TimeSpan offset) => DateTimeOffset.UtcNow.Add(offset).ToUnixTimeSeconds();

    public static string Encode(string text) => Encode(Encoding.UTF8.GetBytes(text));

    public static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <summary>The public half of a key as its provider publishes it.</summary>
    public static JsonObject ToJwk(RSA key, string id)
    {
        var numbers = key.ExportParameters(includePrivateParameters: false);
        return new JsonObject { ["kty"] = "RSA", ["kid"] = id, ["use"] = "sig", ["n"] = Encode(numbers.Modulus!), ["e"] = Encode(numbers.Exponent!) };
    }

    public static JsonObject ToJwk(ECDsa key, string id)
    {
        var numbers = key.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["kty"] = "EC",
            ["crv"] = "P-256",
            ["kid"] = id,
            ["use"] = "sig",
            ["x"] = Encode(numbers.Q.X!),
            ["y"] = Encode(numbers.Q.Y!),
        };
    }

    /// <summary>The claims of a token, for looking at what the service made of them.</summary>
    public static JsonElement Decode(string token) =>
        JsonSerializer.Deserialize<JsonElement>(Convert.FromBase64String(token.Split('.')[1].Replace('-', '+').Replace('_', '/').PadRight((token.Split('.')[1].Length + 3) / 4 * 4, '=')));
}
