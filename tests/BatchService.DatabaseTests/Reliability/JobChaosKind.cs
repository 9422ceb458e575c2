using System.Text.Json;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>A kind of job that the chaos tests submit: its items, and what must become of each of them.</summary>
/// <param name="Count">Items of one job.</param>
/// <param name="Item">The item at an index, of the batch with a name.</param>
/// <param name="Expect">The state in which the item at an index must end.</param>
internal sealed record JobChaosKind(
    string Name, string JobType, int Count, object Options, Func<string, int, object> Item, Func<int, string> Expect)
{
    private const string Success = "success";
    private const string Failed = "failed";
    private const string Skipped = "skipped";
    private const int Family = 4;
    private const int StopsAt = 700;

    /// <summary>Any number of the same rows would fit into the table: nothing hides what is written twice.</summary>
    public static JobChaosKind Rows(int count) => new(
        "rows", "rows", count, OptionsOf(atomic: false, goOn: true), (batch, index) => Entry(batch, index), _ => Success);

    /// <summary>Best effort: some rows break a check, some miss a value, some have a value of a wrong type.</summary>
    public static JobChaosKind BadRows(int count) => new(
        "bad",
        "rows",
        count,
        OptionsOf(atomic: false, goOn: true),
        (batch, index) => (index % 97) switch
        {
            3 => Entry(batch, -1 - index),
            41 => new { position = index },
            77 => new { batch, position = "none" },
            _ => Entry(batch, index),
        },
        index => index % 97 is 3 or 41 or 77 ? Failed : Success);

    /// <summary>All of it in one transaction.</summary>
    public static JobChaosKind Atomic(int count) => new(
        "atomic", "rows", count, OptionsOf(atomic: true, goOn: false), (batch, index) => Entry(batch, index), _ => Success);

    /// <summary>All of it in one transaction, which its last row spoils.</summary>
    public static JobChaosKind Spoilt(int count) => new(
        "spoilt",
        "rows",
        count,
        OptionsOf(atomic: true, goOn: false),
        (batch, index) => Entry(batch, index == count - 1 ? -1 : index),
        index => index == count - 1 ? Failed : Skipped);

    /// <summary>One after the other, up to the first failure.</summary>
    public static JobChaosKind Stopping(int count) => new(
        "stopping",
        "rows",
        count,
        OptionsOf(atomic: false, goOn: false),
        (batch, index) => Entry(batch, index == StopsAt ? -1 : index),
        index => index switch { < StopsAt => Success, StopsAt => Failed, _ => Skipped });

    /// <summary>Families of a parent and three children that refer to its key; every fifth parent fails, and its children with it.</summary>
    public static JobChaosKind Operations(int count) => new(
        "operations",
        "operations",
        count,
        new { atomic = false, continueOnError = true },
        (batch, index) => index % Family == 0
            ? new { id = $"p{index}", entity = "entry", action = "create", store_params = Entry(batch, IsOrphaned(index) ? -1 : index) }
            : new
            {
                id = $"c{index}",
                entity = "entry",
                action = "create",
                store_params = (object)new { batch, position = index, parent = $"$ref:p{ParentOf(index)}.entry_id" },
            },
        index => (IsOrphaned(index), index % Family) switch { (false, _) => Success, (_, 0) => Failed, _ => Skipped });

    /// <summary>The position of the row that a row must refer to; null: to none.</summary>
    public int? ParentAt(int index) => JobType == "operations" && index % Family != 0 ? ParentOf(index) : null;

    public string Body(string batch) => JsonSerializer.Serialize(new
    {
        job_type = JobType,
        options = Options,
        items = Enumerable.Range(0, Count).Select(index => Item(batch, index)),
    });

    private static object Entry(string batch, int position) => new { batch, position };

    private static object OptionsOf(bool atomic, bool goOn) => new { entity = "entry", action = "create", atomic, continueOnError = goOn };

    private static int ParentOf(int index) => index - (index % Family);

    private static bool IsOrphaned(int index) => index / Family % 5 == 2;
}
