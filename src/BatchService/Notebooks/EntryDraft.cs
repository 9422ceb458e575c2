using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Notebooks;

/// <summary>An entry that is to be written.</summary>
/// <param name="Id">Null: the service makes one.</param>
/// <param name="ContentType">Null: plain text, or that of the revised entry.</param>
/// <param name="Topic">Null: none, or that of the revised entry.</param>
internal sealed record EntryDraft(
    Guid? Id, string Content, string? ContentType, string? Topic, IReadOnlyList<Guid> References, Guid? FragmentOf, int? FragmentIndex)
{
    public const string DefaultContentType = "text/plain";
    public const int MaxContentTypeLength = 255;
    public const int MaxReferences = 1_000;

    /// <summary>Three bytes a unit at most: the topic's index takes no more than 2,700.</summary>
    public const int MaxTopicLength = 500;

    /// <summary>Reads the fields of an entry; what else the object may hold is up to the caller.</summary>
    public static EntryDraft Read(FieldReader fields, int maxContentLength, List<Error> errors)
    {
        var draft = new EntryDraft(
            fields.Id("entry_id"),
            fields.Text("content", required: true, maxContentLength) ?? "",
            fields.Text("content_type", required: false, MaxContentTypeLength),
            fields.Text("topic", required: false, MaxTopicLength),
            ReadReferences(fields, errors),
            fields.Id("fragment_of"),
            (int?)fields.Integer("fragment_index", required: false, 0, int.MaxValue));
        var (parent, index) = (Has(fields, "fragment_of"), Has(fields, "fragment_index"));
        if (parent && !index)
            fields.Missing("fragment_index");
        if (index && !parent)
            fields.Missing("fragment_of");
        return draft;
    }

    private static bool Has(FieldReader fields, string name) => fields.Raw(name).ValueKind != JsonValueKind.Undefined;

    private static List<Guid> ReadReferences(FieldReader fields, List<Error> errors)
    {
        var value = fields.Raw("references");
        var ids = new List<Guid>();
        if (value.ValueKind == JsonValueKind.Undefined)
            return ids;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > MaxReferences)
        {
            fields.Invalid("references", $"must be an array of at most {MaxReferences} UUIDs");
            return ids;
        }
        var position = 0;
        foreach (var element in value.EnumerateArray())
        {
            if (element.ValueKind == JsonValueKind.String && Guid.TryParseExact(element.GetString(), "D", out var id))
                ids.Add(id);
            else
                errors.Add(NotebookErrors.NotAnId(JsonPointer.Append(fields.PlaceOf("references"), position)));
            position++;
        }
        return ids;
    }
}
