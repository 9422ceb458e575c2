using System.Text;
using BatchService.Attestations;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Benchmarks;

/// <summary>Attestations of commits, as a git ingestion makes them: every subject once, the same predicate and context.</summary>
internal static class Commits
{
    /// <summary>A table with the columns of <c>batch.attestation</c> and its primary key, but none of its other indexes.</summary>
    public const string PlainTable =
        "CREATE TABLE bench_attestation (LIKE batch.attestation); ALTER TABLE bench_attestation ADD PRIMARY KEY (id), SET (autovacuum_enabled = false)";

    private const int SubjectLength = 40;

    /// <summary>Subjects count up over all calls of the run, whoever writes them.</summary>
    private static long s_next;

    /// <summary>A body of <c>POST /attestations/batch</c> whose subjects are new at every call.</summary>
    internal sealed class Body
    {
        private readonly byte[] _text;
        private readonly List<int> _subjects = [];

        public Body(int count)
        {
            var text = new StringBuilder("{\"commands\":[");
            for (var index = 0; index < count; index++)
            {
                text.Append(index > 0 ? "," : "");
                _subjects.Add(text.Length + Command.IndexOf('0', StringComparison.Ordinal));
                text.Append(Command);
            }

            _text = Encoding.ASCII.GetBytes(text.Append("]}").ToString());
        }

        /// <summary>Valid until the next call.</summary>
        public ReadOnlyMemory<byte> Renew()
        {
            var first = Interlocked.Add(ref s_next, _subjects.Count) - _subjects.Count;
            for (var index = 0; index < _subjects.Count; index++)
                Encoding.ASCII.GetBytes(Subject(first + index), _text.AsSpan(_subjects[index], SubjectLength));
            return _text;
        }
    }

    private const string Attributes =
        """{"repo":"batch","author":"Ada Lovelace <ada@example.com>","message":"Keep the order of rows that refer to each other"}""";

    private static readonly string Command =
        $$"""{"subjects":["{{new string('0', SubjectLength)}}"],"predicates":["ingested"],"contexts":["ixgest-git"],"attributes":{{Attributes}}}""";

    /// <summary>One command alone, with a subject of its own.</summary>
    public static byte[] One() => Encoding.ASCII.GetBytes(Command.Replace(new string('0', SubjectLength), Subject(Interlocked.Increment(ref s_next)), StringComparison.Ordinal));

    /// <summary>Writes the rows that the service would write by binary COPY, and commits them.</summary>
    public static async Task<int> CopyAsync(NpgsqlConnection connection, string table, int count, CancellationToken cancellationToken)
    {
        var first = Interlocked.Add(ref s_next, count) - count;
        var now = DateTime.UtcNow;
        await using var writer = await connection.BeginBinaryImportAsync(
            $"COPY {table} (id, subjects, predicates, contexts, actors, timestamp, source, attributes, created_at, created_by) FROM STDIN (FORMAT binary)",
            cancellationToken);
        for (var index = 0; index < count; index++)
        {
            var subject = Subject(first + index);
            var id = Asid.Create(subject, "ingested", "ixgest-git", "");
            await writer.StartRowAsync(cancellationToken);
            await writer.WriteAsync(id, NpgsqlDbType.Text, cancellationToken);
            await WriteListAsync(subject);
            await WriteListAsync("ingested");
            await WriteListAsync("ixgest-git");
            await WriteListAsync(id);
            await writer.WriteAsync(now, NpgsqlDbType.TimestampTz, cancellationToken);
            await writer.WriteAsync("api", NpgsqlDbType.Text, cancellationToken);
            await writer.WriteAsync(Attributes, NpgsqlDbType.Jsonb, cancellationToken);
            await writer.WriteAsync(now, NpgsqlDbType.TimestampTz, cancellationToken);
            await writer.WriteAsync("dev", NpgsqlDbType.Text, cancellationToken);
        }

        await writer.CompleteAsync(cancellationToken);
        return count;

        Task WriteListAsync(string text) => writer.WriteAsync(new[] { text }, NpgsqlDbType.Array | NpgsqlDbType.Text, cancellationToken);
    }

    /// <summary>As random as the hash of a commit, and different for every number.</summary>
    private static string Subject(long number)
    {
        var mixed = unchecked((ulong)number * 0x9E3779B97F4A7C15UL);
        return $"{mixed:x16}{mixed ^ 0x5DEECE66DUL:x16}{number:x8}";
    }
}
