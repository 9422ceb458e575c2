namespace NotebookWorker;

/// <summary>What the worker is told on its command line.</summary>
/// <param name="Token">A bearer token; null: the service asks for none.</param>
internal sealed record WorkerOptions(Uri Url, Guid Notebook, string WorkerId, string? Token)
{
    public const string Usage = """
        Usage: notebook-worker --url <address> --notebook <id> [--worker-id <name>] [--token <bearer token>]
        """;

    /// <summary>Null, and what is wrong, when they cannot be read.</summary>
    public static (WorkerOptions? Options, string? Wrong) Read(string[] args)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var index = 0; index < args.Length; index += 2)
        {
            if (args[index] is not ("--url" or "--notebook" or "--worker-id" or "--token"))
                return (null, $"There is no option {args[index]}.");
            if (index + 1 == args.Length)
                return (null, $"The option {args[index]} needs a value.");
            given[args[index]] = args[index + 1];
        }
        if (!Uri.TryCreate(given.GetValueOrDefault("--url"), UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            return (null, "--url must be the address of the service, http://127.0.0.1:5080 for example.");
        if (!Guid.TryParse(given.GetValueOrDefault("--notebook"), out var notebook))
            return (null, "--notebook must be the id of a notebook.");
        var worker = given.GetValueOrDefault("--worker-id") ?? $"{Environment.MachineName}-{Environment.ProcessId}";
        return (new WorkerOptions(url, notebook, worker, given.GetValueOrDefault("--token")), null);
    }
}
