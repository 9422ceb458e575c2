using System.Runtime.InteropServices;

namespace BatchService.Data;

/// <summary>The account that PostgreSQL runs under: our own or, because initdb refuses root, an unprivileged one of the system.</summary>
/// <param name="UserName">Null = our own account.</param>
internal sealed partial record PostgresAccount(string? UserName, uint UserId, uint GroupId)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Our own account, or <c>postgres</c>, else <c>nobody</c>, when we are root.</summary>
    public static PostgresAccount ForThisProcess()
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
        {
            return new PostgresAccount(null, 0, 0);
        }

        return Find("postgres") ?? Find("nobody") ?? throw new StartupException(
            "PostgreSQL refuses to run as root, and this system has neither an account \"postgres\" nor \"nobody\". " +
            "Start the service as an ordinary user, or give it a database with ConnectionStrings:Batch.");
    }

    /// <summary>Creates the folder where it is missing and makes it this account's own, closed to others.</summary>
    public void Own(string folder)
    {
        Directory.CreateDirectory(folder);
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Give(folder);
        File.SetUnixFileMode(folder, OwnerOnly);
    }

    /// <summary>Makes a file or folder that we made this account's own.</summary>
    public void Give(string path)
    {
        if (UserName is not null && ChangeOwner(path, UserId, GroupId) != 0)
        {
            throw new StartupException(
                $"{path} cannot be given to the account \"{UserName}\": {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
        }
    }

    /// <summary>The first folder above <paramref name="folder"/> that this account cannot enter, or null when it can reach it.</summary>
    public string? FindBarrier(string folder)
    {
        if (UserName is null || OperatingSystem.IsWindows())
        {
            return null;
        }

        for (var parent = Directory.GetParent(folder); parent is not null; parent = parent.Parent)
        {
            if (parent.Exists && !parent.UnixFileMode.HasFlag(UnixFileMode.OtherExecute))
            {
                return parent.FullName;
            }
        }

        return null;
    }

    private static PostgresAccount? Find(string name)
    {
        // name:password:uid:gid:…; read as text because .NET has no call for it and no external tool may be needed.
        foreach (var line in File.Exists("/etc/passwd") ? File.ReadLines("/etc/passwd") : [])
        {
            var fields = line.Split(':');
            if (fields.Length > 3 && fields[0] == name && long.TryParse(fields[2], out var user) && long.TryParse(fields[3], out var group))
            {
                return new PostgresAccount(name, unchecked((uint)user), unchecked((uint)group));
            }
        }

        return null;
    }

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint owner, uint group);
}
