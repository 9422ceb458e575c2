using System.Text.Json.Nodes;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>Random rows: most are good, and every kind of mistake comes up, alone and together.</summary>
internal static class OracleRows
{
    public static readonly string[] Actions = ["create", "upsert", "update", "delete"];

    /// <summary>Rows of a batch; keys and codes are few, so that rows meet each other and what is there.</summary>
    public static List<JsonObject> Of(Random random, string action, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => action == "delete" ? Key(random, count) : Row(random, action, count))];

    private static JsonObject Key(Random random, int count) => new() { ["item_id"] = random.Next(1, count + 6) };

    private static JsonObject Row(Random random, string action, int count)
    {
        var row = Key(random, 2 * count);
        if (action != "update" || random.Next(2) == 0)
            row["quantity"] = random.Next(50);
        if (random.Next(2) == 0)
            row["code"] = random.Next(4) == 0 ? null : $"c{random.Next(3 * count)}";
        if (random.Next(3) == 0)
            row["parent_id"] = random.Next(12) == 0 ? 99 : random.Next(1, 4);
        if (random.Next(4) == 0)
            row["self_id"] = random.Next(1, 2 * count);
        if (random.Next(3) == 0)
            row["name"] = $"n{random.Next(1000)}";
        if (random.Next(3) == 0)
            row["amount"] = random.Next(10_000) / 100m;
        if (random.Next(6) == 0)
            row["kind"] = $"k{random.Next(3)}";
        if (random.Next(8) == 0)
            Spoil(random, row);
        return row;
    }

    private static void Spoil(Random random, JsonObject row)
    {
        switch (random.Next(9))
        {
            case 0: row["quantity"] = 101; break;
            case 1: row["quantity"] = null; break;
            case 2: row["quantity"] = "many"; break;
            case 3: row["quantity"] = 1L << 40; break;
            case 4: row["name"] = "much too long"; break;
            case 5: row["amount"] = 12345.67m; break;
            case 6: row["colour"] = "red"; break;
            case 7: row["item_id"] = null; break;
            default: row.Remove("quantity"); break;
        }
    }
}
