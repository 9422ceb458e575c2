namespace BatchService.DatabaseTests.Attestations;

/// <summary>A test of a script that needs sh, git, awk, iconv and curl.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ScriptFactAttribute : FactAttribute
{
    public ScriptFactAttribute()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        string[] needed = ["sh", "git", "awk", "iconv", "curl"];
        if (!needed.All(program => path.Any(folder => File.Exists(Path.Combine(folder, program)))))
            Skip = "The script needs sh, git, awk, iconv and curl.";
    }
}
