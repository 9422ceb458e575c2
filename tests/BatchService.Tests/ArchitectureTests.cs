namespace BatchService.Tests;

/// <summary>Reads src/BatchService and holds the arrows between its folders, and shows of each rule that it can be broken.</summary>
public sealed class ArchitectureTests
{
    private static readonly string _root = FindRoot();

    [Fact]
    public void The_source_tree_keeps_every_rule()
    {
        SourceFile[] files =
        [
            .. Directory.EnumerateFiles(_root, "*.cs", SearchOption.AllDirectories)
                .Select(path => new SourceFile(Path.GetRelativePath(_root, path).Replace('\\', '/'), File.ReadAllText(path)))
                .Where(file => file.Folder is not ("bin" or "obj")),
        ];

        Assert.Contains(files, file => file.Path == "Program.cs");
        Assert.Empty(files.SelectMany(file => ArchitectureRules.Violations(file, files)));
    }

    [Fact]
    public void The_project_file_has_no_global_using() =>
        Assert.DoesNotContain("<Using ", File.ReadAllText(Path.Combine(_root, "BatchService.csproj")), StringComparison.Ordinal);

    [Theory]
    [InlineData("Data/A.cs", "namespace BatchService.Data; using BatchService.Batching;", "Data must not use Batching")]
    [InlineData("Batching/A.cs", "namespace BatchService.Batching; class A(Entities.B b);", "Batching must not use Entities")]
    [InlineData("Jobs/AEndpoints.cs", "namespace BatchService.Jobs; using BatchService.Operations;", "Jobs must not use Operations")]
    [InlineData("Frames/A.cs", "namespace BatchService.Frames; using static BatchService.Devices.B;", "Frames must not use Devices")]
    [InlineData("Frames/A.cs", "namespace BatchService.Frames; using BatchService.Entities;", "Frames must not use Entities")]
    [InlineData("Entities/A.cs", "namespace BatchService.Entities; using BatchService.Http;", "only endpoints use Http")]
    [InlineData("Entities/A.cs", "namespace BatchService.Entities; using Microsoft.AspNetCore.Http;", "only the edge knows ASP.NET Core")]
    [InlineData("Entities/A.cs", "namespace BatchService.Entities; class A(HttpContext c);", "only the edge knows ASP.NET Core")]
    [InlineData("Entities/Deep/A.cs", "namespace BatchService.Entities;", "the namespace is not the folder")]
    [InlineData("Http/A.cs", "class A;", "the namespace is not the folder")]
    [InlineData("Extras/A.cs", "namespace BatchService.Extras;", "no folder of the house")]
    [InlineData("A.cs", "namespace BatchService;", "no folder of the house")]
    [InlineData("Jobs/A.cs", "namespace BatchService.Jobs; class A { long T => DateTime.UtcNow.Ticks; }", "the clock is a TimeProvider")]
    [InlineData("Program.cs", "var t = DateTimeOffset.Now;", "the clock is a TimeProvider")]
    [InlineData("Program.cs", "global using BatchService.Http;", "a global using hides what a file uses")]
    public void A_broken_rule_is_found(string path, string code, string rule)
    {
        var file = new SourceFile(path, code.Replace("; ", ";\n", StringComparison.Ordinal));
        var used = new SourceFile("Entities/B.cs", "namespace BatchService.Entities;");

        Assert.Equal([$"{path}: {rule}"], ArchitectureRules.Violations(file, [file, used]));
    }

    [Theory]
    [InlineData("Program.cs", "using BatchService.Http;\nusing BatchService.Operations;\nvar app = WebApplication.Create();")]
    [InlineData("Operations/BatchEndpoints.cs", "using BatchService.Http;\nnamespace BatchService.Operations;\nclass A(HttpContext c);")]
    [InlineData("Http/A.cs", "using Microsoft.AspNetCore.Http;\nnamespace BatchService.Http;\nclass A(HttpContext c);")]
    [InlineData("Operations/A.cs", "using BatchService.Entities;\nnamespace BatchService.Operations; // no HttpContext, DateTime.Now")]
    [InlineData("Data/A.cs", "namespace BatchService.Data;\nclass A { object J => catalog.Entities.B; }")]
    public void What_is_allowed_passes(string path, string code) =>
        Assert.Empty(ArchitectureRules.Violations(new(path, code), [new("Entities/B.cs", "")]));

    [Theory]
    [InlineData("Data/A.cs", "Data", 300, 0)]
    [InlineData("Data/A.cs", "Data", 301, 1)]
    [InlineData("Data/Migrations/A.cs", "Data.Migrations", 301, 0)]
    public void A_file_has_at_most_300_lines_unless_it_is_a_migration(string path, string folder, int lines, int violations)
    {
        var file = new SourceFile(path, $"namespace BatchService.{folder};{new string('\n', lines - 1)}}}\n");

        Assert.Equal(violations, ArchitectureRules.Violations(file, []).Count());
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "BatchService.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("The tests run outside the source tree.");
        }

        return Path.Combine(directory.FullName, "src", "BatchService");
    }
}
