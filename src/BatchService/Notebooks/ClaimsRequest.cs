using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Notebooks;

/// <summary>The body of <c>POST /notebooks/{id}/entries/{entryId}/claims</c>.</summary>
/// <param name="Author">The worker that produced the claims; informational.</param>
internal sealed record ClaimsRequest(IReadOnlyList<Claim> Claims, string Author)
{
    public const int MaxAuthorLength = 255;

    public static ClaimsRequest Parse(JsonElement body, List<Error> errors)
    {
        var fields = new FieldReader(body, "", errors);
        var claims = fields.Raw("claims");
        var author = fields.Text("author", required: true, MaxAuthorLength);
        fields.RefuseOthers();
        return new ClaimsRequest(
            body.ValueKind == JsonValueKind.Object ? Claim.ReadAll(claims, "/claims", strict: true, errors) : [], author ?? "");
    }
}
