using System.Text.RegularExpressions;

namespace BatchService.Tests;

/// <summary>One file of src/BatchService; its path is relative, with slashes.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    /// <summary>The text without comments, which may speak of anything.</summary>
    public string Code { get; } = string.Join('\n', Text.Split('\n').Select(line => line.Split("//")[0]));

    public string Folder { get; } = Path.Contains('/', StringComparison.Ordinal) ? Path.Split('/')[0] : "";

    public string Namespace { get; } = string.Join('.', Path.Split('/')[..^1].Prepend("BatchService"));

    public bool IsEndpoints { get; } = Path.EndsWith("Endpoints.cs", StringComparison.Ordinal);

    public bool Has(string pattern) =>
        Regex.IsMatch(Code, pattern, RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5));

    /// <summary>By its full name, or as <c>Folder.Type</c>: inside the namespace BatchService that needs no using.</summary>
    public bool Uses(string folder, IEnumerable<SourceFile> all)
    {
        var types = all.Where(other => other.Folder == folder).Select(other => System.IO.Path.GetFileNameWithoutExtension(other.Path));
        return Has($@"\bBatchService\.{folder}\b|(?<![\w.]){folder}\.({string.Join('|', types.Append("-"))})\b");
    }
}

/// <summary>What docs/architecture.md promises about the source tree, as far as text can show it.</summary>
internal static class ArchitectureRules
{
    /// <summary>Which folders a folder may use besides itself. Who may use Http is decided file by file.</summary>
    private static readonly Dictionary<string, string[]> _arrows = new(StringComparer.Ordinal)
    {
        ["Data"] = [],
        ["Batching"] = ["Data"],
        ["Jobs"] = ["Data", "Batching"],
        ["Entities"] = ["Data", "Batching", "Jobs"],
        ["Operations"] = ["Data", "Batching", "Jobs", "Entities"],
        ["Attestations"] = ["Data", "Batching", "Jobs"],
        ["Frames"] = ["Data", "Batching", "Jobs"],
        ["Notebooks"] = ["Data", "Batching", "Jobs"],
        ["Devices"] = ["Data", "Batching", "Jobs"],
    };

    /// <summary>Web projects import ASP.NET Core's namespaces without a using: the commonest types betray it.</summary>
    private const string AspNetCore =
        @"\b(Microsoft\.AspNetCore|Http(Context|Request|Response)|IResult|TypedResults|StatusCodes|WebApplication(Builder)?"
        + @"|I(EndpointRoute|Application)Builder)\b";

    /// <summary>Every rule that the file breaks, as <c>path: rule</c>.</summary>
    public static IEnumerable<string> Violations(SourceFile file, IReadOnlyList<SourceFile> all) =>
        Rules(file, all).Where(rule => rule.Broken).Select(rule => $"{file.Path}: {rule.Text}");

    private static IEnumerable<(bool Broken, string Text)> Rules(SourceFile file, IReadOnlyList<SourceFile> all)
    {
        var isMigration = file.Path.Contains("/Migrations/", StringComparison.Ordinal);
        yield return (!isMigration && file.Text.TrimEnd('\n').Split('\n').Length > 300, "more than 300 lines");
        yield return (file.Has(@"\bDateTime(Offset)?\.(UtcNow|Now|Today)\b"), "the clock is a TimeProvider");
        yield return (file.Has(@"^\s*global using\b"), "a global using hides what a file uses");
        if (file.Path == "Program.cs")
        {
            yield break;
        }

        yield return (!file.Has($@"^\s*namespace {Regex.Escape(file.Namespace)}\s*[;{{]"), "the namespace is not the folder");
        // A migration's snapshot names the row types, which live beside their domain; the tool writes it.
        if (file.Folder == "Http" || isMigration)
        {
            yield break;
        }

        yield return (!_arrows.ContainsKey(file.Folder), "no folder of the house");
        yield return (!file.IsEndpoints && file.Uses("Http", all), "only endpoints use Http");
        yield return (!file.IsEndpoints && file.Has(AspNetCore), "only the edge knows ASP.NET Core");
        foreach (var other in _arrows.Keys.Except(_arrows.GetValueOrDefault(file.Folder, [])).Where(other => other != file.Folder))
        {
            yield return (file.Uses(other, all), $"{file.Folder} must not use {other}");
        }
    }
}
