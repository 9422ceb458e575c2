using System.Runtime.CompilerServices;
using System.Text;
using BatchService.Batching;

namespace BatchService.Tests.Http;

/// <summary>docs/errors.md is written from the codes: with <c>UPDATE_DOCS=1</c> in the environment the test writes it anew.</summary>
public sealed class ErrorsDocumentTests
{
    [Fact]
    public void The_document_says_what_the_code_says()
    {
        var path = Path.GetFullPath(Path.Combine(SourceFolder(), "../../../docs/errors.md"));
        var expected = Render();
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, expected);
        }

        Assert.Equal(expected, File.ReadAllText(path).ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Every_code_is_there_once_and_complete()
    {
        Assert.Equal(ErrorCodes.All.Count, ErrorCodes.All.Select(code => code.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.All(ErrorCodes.All, code =>
        {
            Assert.Matches("^[A-Z]+(_[A-Z]+)*$", code.Name);
            Assert.InRange(code.Status, 400, 599);
            Assert.All([code.Title, code.Cause, code.Remedy], text => Assert.NotEqual("", text));
        });
    }

    private static string Render()
    {
        var text = new StringBuilder(
            """
            # Errors

            Every error body is `application/problem+json`; its `type` is `/batch/errors/{code}`, which answers with the entry below.
            This table is written from `Batching/ErrorCodes.cs`: change it there, then run
            `UPDATE_DOCS=1 dotnet test tests/BatchService.Tests --filter ErrorsDocument`.

            | code | status | retry helps | cause | remedy |
            |---|---|---|---|---|

            """);
        foreach (var code in ErrorCodes.All)
        {
            text.Append($"| {code.Name} | {code.Status} | {(code.Retryable ? "yes" : "no")} | {code.Cause} | {code.Remedy} |\n");
        }

        return text.ToString().ReplaceLineEndings("\n");
    }

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
