using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using BatchService.Batching;

namespace BatchService.Tests.Http;

/// <summary>
/// The table of settings in docs/operations.md is written from the options classes and their comments: with <c>UPDATE_DOCS=1</c> in the
/// environment the test writes it anew.
/// </summary>
public sealed class SettingsDocumentTests
{
    private const string Begin = "<!-- settings: written by SettingsDocumentTests -->\n";
    private const string End = "<!-- end of settings -->\n";

    /// <summary>Read by hand, since its keys are names of entities; docs/operations.md describes it in words.</summary>
    private static readonly string[] s_free = ["Entities"];

    [Fact]
    public void The_document_lists_every_setting_with_its_default_and_its_meaning()
    {
        var path = Path.GetFullPath(Path.Combine(SourceFolder(), "../../../docs/operations.md"));
        var text = File.ReadAllText(path).ReplaceLineEndings("\n");
        var begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = text.IndexOf(End, StringComparison.Ordinal);
        Assert.InRange(begin, Begin.Length, end);
        var expected = text[..begin] + Render() + text[end..];
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, expected);
            text = expected;
        }

        Assert.Equal(expected, text);
    }

    [Fact]
    public void Every_setting_says_what_it_means() =>
        Assert.All(Options().SelectMany(options => options.GetProperties().Where(IsSetting)), property => Assert.NotEqual("", Summary(property)));

    private static string Render()
    {
        var table = new StringBuilder("| key | default | meaning |\n|---|---|---|\n");
        foreach (var options in Options())
        {
            var defaults = Activator.CreateInstance(options, nonPublic: true);
            foreach (var property in options.GetProperties().Where(IsSetting))
            {
                table.Append($"| `{Section(options)}:{property.Name}` | {Default(property.GetValue(defaults))} | {Summary(property)} |\n");
            }
        }

        return table.ToString();
    }

    private static IEnumerable<Type> Options() => typeof(ErrorCodes).Assembly.GetTypes()
        .Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal) && type.GetField("Section") is { IsLiteral: true })
        .Where(type => !s_free.Contains(Section(type), StringComparer.Ordinal))
        .OrderBy(Section, StringComparer.Ordinal);

    private static bool IsSetting(PropertyInfo property) => property.CanWrite;

    private static string Section(Type options) => (string)options.GetField("Section")!.GetRawConstantValue()!;

    private static string Default(object? value) => value switch
    {
        null or "" => "–",
        bool flag => flag ? "`true`" : "`false`",
        System.Collections.IEnumerable list and not string => list.Cast<object>().Any() ? $"`{string.Join(',', list.Cast<object>())}`" : "–",
        IFormattable number => $"`{number.ToString(null, CultureInfo.InvariantCulture)}`",
        _ => $"`{value}`",
    };

    /// <summary>The property's own comment, on one line.</summary>
    private static string Summary(PropertyInfo property)
    {
        var member = Comments.Value.GetValueOrDefault($"P:{property.DeclaringType!.FullName}.{property.Name}");
        if (member is null)
        {
            return "";
        }

        var text = string.Concat(member.Nodes().Select(node => node switch
        {
            XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
            XElement { Name.LocalName: "see" } see => $"`{see.Attribute("cref")?.Value.Split('.')[^1]}`",
            XText plain => plain.Value,
            _ => "",
        }));
        return Regex.Replace(text, @"\s+", " ", RegexOptions.None, TimeSpan.FromSeconds(1)).Trim().Replace("|", "\\|", StringComparison.Ordinal);
    }

    private static readonly Lazy<Dictionary<string, XElement>> Comments = new(() =>
        XDocument.Load(Path.ChangeExtension(typeof(ErrorCodes).Assembly.Location, ".xml")).Descendants("member")
            .Where(member => member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value, member => member.Element("summary")!, StringComparer.Ordinal));

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
