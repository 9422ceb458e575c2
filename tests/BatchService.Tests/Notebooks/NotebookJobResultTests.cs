using System.Text.Json;
using BatchService.Notebooks;

namespace BatchService.Tests.Notebooks;

public sealed class NotebookJobResultTests
{
    [Fact]
    public void Reads_each_type_and_lets_other_members_be()
    {
        var distilled = Assert.IsType<NotebookJobResult.Distilled>(Read("DISTILL_CLAIMS", """{ "claims": [ { "text": "t", "confidence": 1, "why": "w" } ], "x": 1 }"""));
        var compared = Assert.IsType<NotebookJobResult.Compared>(Read("COMPARE_CLAIMS", """{ "entropy": 0.5, "friction": 0, "contradictions": null }"""));
        var classified = Assert.IsType<NotebookJobResult.Classified>(Read("CLASSIFY_TOPIC", """{ "primary_topic": "a/b" }"""));

        Assert.Equal(new Claim("t", 1), Assert.Single(distilled.Claims));
        Assert.Equal(new NotebookJobResult.Compared(0.5, 0, "[]"), compared);
        Assert.Equal("a/b", classified.PrimaryTopic);
    }

    [Fact]
    public void Reports_all_that_is_wrong_as_422()
    {
        var (result, errors) = NotebookJobResult.Read("COMPARE_CLAIMS", JsonSerializer.Deserialize<JsonElement>("""{ "entropy": -1, "contradictions": "no" }"""));

        Assert.Null(result);
        Assert.Equal(["/result/entropy", "/result/friction", "/result/contradictions"], errors.Select(error => error.Pointer));
        Assert.All(errors, error => Assert.Equal(422, error.Code.Status));
    }

    private static NotebookJobResult? Read(string type, string json) => NotebookJobResult.Read(type, JsonSerializer.Deserialize<JsonElement>(json)).Result;
}
