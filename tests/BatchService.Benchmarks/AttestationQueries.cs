using System.Diagnostics;
using System.Text;
using System.Text.Json;
using BatchService.Attestations;
using Npgsql;

namespace BatchService.Benchmarks;

/// <summary>
/// How searches among many attestations are run and how long they take: half of them have one predicate, contexts have few values,
/// subjects are nearly unique, actors are some hundreds.
/// </summary>
internal static class AttestationQueries
{
    public const string Work = "queries";

    private const int Runs = 21;

    /// <summary>A row a minute from 2024 on; every predicate but the commonest is as rare as its number is large.</summary>
    private const string Fill = """
        INSERT INTO batch.attestation (id, subjects, predicates, contexts, contexts_folded, actors, timestamp, source, attributes, created_at, created_by)
        SELECT 'AS' || upper(substr(md5('id' || i), 1, 30)),
               ARRAY[substr(encode(sha256(((i * 0.95)::int::text)::bytea), 'hex'), 1, 40)],
               ARRAY[CASE WHEN i < 2000 THEN 'retired' WHEN i % 2 = 0 THEN 'ingested' ELSE 'p' || floor(sqrt(i % 10007))::int END],
               CASE WHEN i % 20 = 0 THEN ARRAY['GitHub'] ELSE ARRAY['context-' || (i * 7919 % 10)] END,
               CASE WHEN i % 20 = 0 THEN ARRAY['github'] END,
               ARRAY['actor-' || (i * 104729 % 300)],
               timestamptz '2024-01-01Z' + i * interval '1 minute',
               'api', jsonb_build_object('repo', 'batch', 'message', 'commit ' || i), now(), 'dev'
        FROM generate_series(1, $1::bigint) AS i
        """;

    private static readonly AttestationFilter s_all = new([], [], [], [], null, null, 100, null);

    /// <summary>Fills the store, runs everything, and gives a table of Markdown.</summary>
    public static async Task<string> RunAsync(World world, int rows, CancellationToken cancellationToken)
    {
        await FillAsync(world, rows, cancellationToken);
        var text = new StringBuilder().AppendLine($"{rows:N0} attestations; the median of {Runs} calls over HTTP, and the plan with its rows.").AppendLine();
        text.AppendLine("| query | found | ms | plan |").AppendLine("|---|---|---|---|");
        foreach (var (name, filter, after) in Queries(rows))
        {
            var plan = await ExplainAsync(world, filter, after, cancellationToken);
            var (found, time) = await MeasureAsync(world, filter, after, cancellationToken);
            var line = $"| {name} | {found:N0} | {time:0.0} | {plan} |";
            await Console.Error.WriteLineAsync(line);
            text.AppendLine(line);
        }

        return text.ToString();
    }

    private static IEnumerable<(string Name, AttestationFilter Filter, (DateTimeOffset, string)? After)> Queries(int rows)
    {
        var start = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var middle = start.AddMinutes(rows / 2d);
        var early = start.AddMinutes(rows / 100d);
        string[] subjects = [.. Enumerable.Range(1, 100).Select(number => SubjectOf(number * 9_000))];
        string[] common = ["ingested"];
        string[] rare = ["p3"];
        string[] context = ["context-3"];
        string[] actor = ["actor-17"];
        yield return ("one subject", s_all with { Subjects = subjects[..1] }, null);
        yield return ("100 subjects", s_all with { Subjects = subjects }, null);
        yield return ("a subject that is not there", s_all with { Subjects = ["nowhere"] }, null);
        yield return ("the predicate of half of them", s_all with { Predicates = common }, null);
        yield return ("the same, 10,000 of them", s_all with { Predicates = common, Limit = 10_000 }, null);
        yield return ("a rare predicate", s_all with { Predicates = rare }, null);
        yield return ("a predicate that only the oldest have", s_all with { Predicates = ["retired"] }, null);
        yield return ("context, one of ten", s_all with { Contexts = context }, null);
        yield return ("context in another case", s_all with { Contexts = ["GITHUB"] }, null);
        yield return ("actor, one of 300", s_all with { Actors = actor }, null);
        yield return ("common predicate and actor", s_all with { Predicates = common, Actors = ["actor-18"] }, null);
        yield return ("predicate and actor that never meet", s_all with { Predicates = common, Actors = actor }, null);
        yield return ("common predicate, context, actor", s_all with { Predicates = common, Contexts = ["context-8"], Actors = ["actor-18"] }, null);
        yield return ("subject and common predicate", s_all with { Subjects = subjects[..1], Predicates = common }, null);
        yield return ("a day", s_all with { TimeStart = middle, TimeEnd = middle.AddDays(1) }, null);
        yield return ("common predicate, a day", s_all with { Predicates = common, TimeStart = middle, TimeEnd = middle.AddDays(1) }, null);
        yield return ("common predicate, long ago", s_all with { Predicates = common, TimeEnd = early }, null);
        yield return ("rare predicate, long ago", s_all with { Predicates = rare, TimeEnd = early }, null);
        yield return ("actor, long ago", s_all with { Actors = actor, TimeEnd = early }, null);
        yield return ("actor, the newer half", s_all with { Actors = actor, TimeStart = middle }, null);
        yield return ("list, first page of 50", s_all with { Limit = 51 }, null);
        yield return ("list, page after half of them", s_all with { Limit = 51 }, (middle, "AS"));
        yield return ("list, page after 99 %", s_all with { Limit = 51 }, (early, "AS"));
        yield return ("list by actor, page after 99 %", s_all with { Actors = actor, Limit = 51 }, (early, "AS"));
        yield return ("list by common predicate, page after half", s_all with { Predicates = common, Limit = 51 }, (middle, "AS"));
        yield return ("list by rare predicate, page after half", s_all with { Predicates = rare, Limit = 51 }, (middle, "AS"));
    }

    private static async Task FillAsync(World world, int rows, CancellationToken cancellationToken)
    {
        foreach (var statement in new[] { "TRUNCATE batch.attestation", Fill, "VACUUM ANALYZE batch.attestation", "CHECKPOINT" })
        {
            await using var command = world.Database.CreateCommand(statement);
            command.CommandTimeout = 1_800;
            if (statement == Fill)
                command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = rows });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static async Task<(int Found, double Milliseconds)> MeasureAsync(
        World world, AttestationFilter filter, (DateTimeOffset, string)? after, CancellationToken cancellationToken)
    {
        var times = new List<double>();
        var found = 0;
        for (var run = 0; run < Runs; run++)
        {
            var start = Stopwatch.GetTimestamp();
            found = await world.Client.FindAsync(filter, after, cancellationToken);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return (found, Statistics.Median(times));
    }

    /// <summary>The nodes of the plan from the top, with the rows that each gave or threw away.</summary>
    private static async Task<string> ExplainAsync(
        World world, AttestationFilter filter, (DateTimeOffset, string)? after, CancellationToken cancellationToken)
    {
        await using var command = world.Database.CreateCommand();
        command.CommandText = "EXPLAIN (ANALYZE, FORMAT JSON) " + AttestationQuery.ToSql(filter, after, command.Parameters);
        var nodes = new List<string>();
        Describe(JsonElement.Parse((string)(await command.ExecuteScalarAsync(cancellationToken))!)[0].GetProperty("Plan"));
        return string.Join(" ← ", nodes);

        void Describe(JsonElement node)
        {
            var kind = node.GetProperty("Node Type").GetString();
            var index = node.TryGetProperty("Index Name", out var name) ? $" {name.GetString()}" : "";
            var removed = node.TryGetProperty("Rows Removed by Filter", out var rows) && rows.GetDouble() > 0 ? $", {rows.GetDouble():N0} thrown away" : "";
            if (kind != "Limit")
                nodes.Add($"{kind}{index} ({node.GetProperty("Actual Rows").GetDouble():N0}{removed})");
            if (node.TryGetProperty("Plans", out var below))
            {
                foreach (var child in below.EnumerateArray())
                    Describe(child);
            }
        }
    }

    private static string SubjectOf(int number) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.ASCII.GetBytes($"{number}")))[..40];
}
