using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Http;

/// <summary>Turns what ASP.NET Core refuses by itself (routing, binding, reading a body) into errors of the contract.</summary>
internal static class FrameworkError
{
    /// <summary>For an answer that has a status and nothing else.</summary>
    public static Error Of(int status) => status switch
    {
        404 => new Error(ErrorCodes.NotFound, "There is nothing at this address."),
        405 => new Error(ErrorCodes.MethodNotAllowed, "The address does not answer to this HTTP method; see the header Allow."),
        406 => new Error(ErrorCodes.NotAcceptable, "The endpoint cannot answer in a media type that Accept allows."),
        401 => new Error(ErrorCodes.Unauthenticated, "The request has no valid token."),
        403 => new Error(ErrorCodes.PermissionDenied, "The caller may not do this."),
        413 => new Error(ErrorCodes.BodyTooLarge, "The body is larger than allowed."),
        415 => new Error(ErrorCodes.UnsupportedMediaType, "The endpoint does not read this Content-Type."),
        >= 500 => new Error(ErrorCodes.Internal, "An internal error occurred."),
        _ => new Error(ErrorCodes.MalformedJson, "The request cannot be read."),
    };

    /// <summary>For the framework's exception; its text may quote what was sent and is not passed on.</summary>
    public static Error Of(BadHttpRequestException exception) => exception switch
    {
        { InnerException: JsonException json } =>
            new Error(ErrorCodes.MalformedJson, $"The body is not the JSON that the endpoint takes, at line {(json.LineNumber ?? 0) + 1}."),
        { StatusCode: 408 } => new Error(ErrorCodes.MalformedJson, "The body came too slowly and was given up."),
        { StatusCode: 400 } when ParameterName(exception.Message) is { } name =>
            new Error(ErrorCodes.FieldInvalid, $"The parameter '{name}' is missing or cannot be read as its type."),
        { StatusCode: 400 } => new Error(ErrorCodes.MalformedJson, "The body is cut off or not framed as HTTP demands."),
        _ => Of(exception.StatusCode),
    };

    // Binding says: Failed to bind parameter "int limit" from "…", or: Required parameter "int limit" was not provided from ….
    private static string? ParameterName(string message) =>
        message.Contains("parameter \"", StringComparison.Ordinal) && message.Split('"') is [_, var declared, ..]
            ? declared.Split(' ')[^1]
            : null;
}
