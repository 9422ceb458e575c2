using System.Text.Json;
using BatchService.Batching;
using BatchService.Notebooks;

namespace BatchService.Tests.Notebooks;

public sealed class EntryBatchTests
{
    private static readonly Guid A = Guid.Parse("019aa5c0-0000-7000-8000-00000000000a");
    private static readonly Guid B = Guid.Parse("019aa5c0-0000-7000-8000-00000000000b");

    private readonly List<Error> _errors = [];

    [Fact]
    public void Reads_what_the_seed_sends()
    {
        var batch = Parse("""
            {
                "entries": [
                    {"content": "entry 1", "topic": "test"},
                    {"content": "entry 2", "content_type": "text/markdown"}
                ],
                "author": "bulk-import"
            }
            """);

        Assert.Empty(_errors);
        Assert.Equal("bulk-import", batch.StatedAuthor);
        Assert.Equal([null, "text/markdown"], batch.Entries.Select(entry => entry.ContentType));
        Assert.Equal(["test", null], batch.Entries.Select(entry => entry.Topic));
    }

    [Fact]
    public void Reports_every_error_of_every_entry_with_its_index()
    {
        Parse("""{ "entries": [ { "content": 1, "x": 2 }, { "content": "c" }, { "content": "c", "fragment_index": 0 } ], "y": 1 }""");

        Assert.Equal(
            ["/y ", "/entries/0/content 0", "/entries/0/x 0", "/entries/2/fragment_of 2"],
            _errors.Select(error => $"{error.Pointer} {error.Index}"));
    }

    [Fact]
    public void Finds_the_names_that_are_neither_in_the_notebook_nor_earlier_in_the_batch()
    {
        var batch = Parse($$"""
            {
              "entries": [
                { "content": "c", "entry_id": "{{A}}" },
                { "content": "c", "references": ["{{A}}", "{{B}}"], "fragment_of": "{{A}}", "fragment_index": 0 }
              ]
            }
            """);

        Assert.Empty(_errors);
        Assert.Equal(["/entries/1/references/1"], batch.Check(new HashSet<Guid>()).Select(error => error.Pointer));
        Assert.Empty(batch.Check(new HashSet<Guid> { B }));
        Assert.Equal(["/entries/0/entry_id", "/entries/1/references/1"], batch.Check(new HashSet<Guid> { A }).Select(error => error.Pointer));
    }

    private EntryBatch Parse(string json) => EntryBatch.Parse(JsonSerializer.Deserialize<JsonElement>(json), _errors, new NotebookOptions());
}
