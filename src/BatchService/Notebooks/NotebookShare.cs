using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Notebooks;

/// <summary>Who shall have which tier.</summary>
internal sealed record NotebookShare(string Subject, string Tier)
{
    public const int MaxSubjectLength = 255;

    public static NotebookShare Parse(JsonElement body, List<Error> errors)
    {
        var fields = new FieldReader(body, "", errors);
        var subject = fields.Text("subject", required: true, MaxSubjectLength);
        if (subject is "." or "..")
            fields.Invalid("subject", "must not be '.' or '..': clients take such segments out of an address");
        var tier = fields.Choice("tier", required: true, NotebookAccess.Tiers);
        fields.RefuseOthers();
        return new NotebookShare(subject ?? "", tier ?? "");
    }
}
