namespace BatchService.Entities;

/// <summary>A foreign key seen from one of its ends, before it has a name on the wire.</summary>
/// <param name="FarTable">The bare name of the table at the other end.</param>
/// <param name="ForeignKeyColumns">The referencing columns, whichever end this is.</param>
internal sealed record RelationEnd(
    string Target,
    string FarTable,
    bool IsList,
    string Constraint,
    IReadOnlyList<string> ForeignKeyColumns,
    IReadOnlyList<string> Columns,
    IReadOnlyList<string> TargetColumns);

/// <summary>
/// Names the relations of one entity, the same way every time. Each end tries these in turn and takes the first that is free:
/// <list type="number">
/// <item>the plain name: the referenced table (<c>customer</c>), or the referencing table and an s (<c>invoice_lines</c>);</item>
/// <item>towards one row, over one column: that without its <c>_id</c> (<c>billing_address_id</c> gives <c>billing_address</c>);</item>
/// <item>the plain name and the referencing columns: <c>address_by_country_code</c>, <c>invoices_by_billing_address_id</c>;</item>
/// <item>that and the constraint: <c>address_by_country_code_via_invoice_address_fkey</c>;</item>
/// <item>that and a number from 2, in the order of target and constraint.</item>
/// </list>
/// A name is free when no column, no named relation and no other end in the same turn has it. A name that two competed for goes to nobody.
/// Tables of other schemas count by their bare name. A self-reference has both ends: <c>employee</c> and <c>employees</c>.
/// </summary>
internal static class RelationNames
{
    private static readonly Func<RelationEnd, string?>[] Turns = [Plain, Short, Long, Longest];

    public static IReadOnlyList<Relation> Assign(IReadOnlyList<RelationEnd> ends, IEnumerable<string> columns)
    {
        var taken = new HashSet<string>(columns, StringComparer.Ordinal);
        var waiting = ends
            .OrderBy(end => end.IsList)
            .ThenBy(end => end.Target, StringComparer.Ordinal)
            .ThenBy(end => end.Constraint, StringComparer.Ordinal)
            .ToList();
        var named = new List<Relation>(waiting.Count);
        foreach (var turn in Turns)
        {
            var wishes = waiting.ConvertAll(end => (End: end, Name: turn(end)));
            var wanted = wishes.CountBy(wish => wish.Name ?? "").ToDictionary(StringComparer.Ordinal);
            foreach (var (end, name) in wishes)
            {
                if (name is not null && wanted[name] == 1 && !taken.Contains(name))
                {
                    named.Add(Named(end, name));
                    waiting.Remove(end);
                }
            }

            taken.UnionWith(wishes.Select(wish => wish.Name).OfType<string>());
        }

        foreach (var end in waiting)
        {
            var name = Enumerable.Range(2, int.MaxValue - 2).Select(number => $"{Longest(end)}_{number}").First(taken.Add);
            named.Add(Named(end, name));
        }

        return [.. named.OrderBy(relation => relation.Name, StringComparer.Ordinal)];
    }

    private static Relation Named(RelationEnd end, string name) =>
        new(name, end.Target, end.IsList, end.Constraint, end.Columns, end.TargetColumns);

    private static string Plain(RelationEnd end) => end.IsList ? $"{end.FarTable}s" : end.FarTable;

    private static string? Short(RelationEnd end) =>
        !end.IsList && end.ForeignKeyColumns is [{ Length: > 3 } column] && column.EndsWith("_id", StringComparison.Ordinal)
            ? column[..^3]
            : null;

    private static string Long(RelationEnd end) => $"{Plain(end)}_by_{string.Join('_', end.ForeignKeyColumns)}";

    private static string Longest(RelationEnd end) => $"{Long(end)}_via_{end.Constraint}";
}
