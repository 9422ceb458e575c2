using BatchService.Entities;

namespace BatchService.Tests.Entities;

public sealed class RelationNamesTests
{
    private static RelationEnd One(string table, string constraint, params string[] columns) =>
        new(table, table, false, constraint, columns, columns, columns);

    private static RelationEnd Many(string table, string constraint, params string[] columns) =>
        new(table, table, true, constraint, columns, columns, columns);

    private static Dictionary<string, string> Names(IEnumerable<string> columns, params RelationEnd[] ends) =>
        RelationNames.Assign(ends, columns)
            .ToDictionary(relation => $"{relation.Constraint}{(relation.IsList ? "+" : "")}", relation => relation.Name);

    [Fact]
    public void One_foreign_key_takes_the_plain_names()
    {
        var names = Names([], One("customer", "a", "customer_id"), Many("invoice_line", "b", "invoice_id"));
        Assert.Equal(("customer", "invoice_lines"), (names["a"], names["b+"]));
    }

    [Fact]
    public void Of_two_that_compete_neither_gets_the_plain_name()
    {
        var names = Names([], One("customer", "a", "customer_id"), One("customer", "b", "payer_id"));
        Assert.Equal(("customer_by_customer_id", "payer"), (names["a"], names["b"]));
    }

    [Fact]
    public void A_column_keeps_its_name() =>
        Assert.Equal("customer_by_buyer", Names(["customer"], One("customer", "a", "buyer"))["a"]);

    [Fact]
    public void Keys_of_several_columns_are_told_apart_by_all_of_them()
    {
        var names = Names([], One("place", "a", "x", "y"), One("place", "b", "x", "z"));
        Assert.Equal(("place_by_x_y", "place_by_x_z"), (names["a"], names["b"]));
    }

    [Fact]
    public void A_self_reference_has_both_ends_under_the_plain_names()
    {
        var names = Names([], One("employee", "a", "reports_to"), Many("employee", "a", "reports_to"));
        Assert.Equal(("employee", "employees"), (names["a"], names["a+"]));
    }

    [Fact]
    public void The_same_columns_twice_are_told_apart_by_constraint()
    {
        var names = Names([], One("place", "a", "x_id"), One("place", "b", "x_id"));
        Assert.Equal(("place_by_x_id_via_a", "place_by_x_id_via_b"), (names["a"], names["b"]));
    }

    [Fact]
    public void Equal_to_the_last_they_are_counted()
    {
        var twins = new[] { Many("t", "f", "x") with { Target = "a.t" }, Many("t", "f", "x") with { Target = "b.t" } };
        Assert.Equal(
            ["ts_by_x_via_f_2 a.t", "ts_by_x_via_f_3 b.t"],
            RelationNames.Assign(twins, []).Select(relation => $"{relation.Name} {relation.Target}"));
    }

    [Fact]
    public void The_order_of_reading_changes_nothing()
    {
        RelationEnd[] ends =
        [
            One("customer", "a", "customer_id"), One("customer", "b", "payer_id"), Many("invoice", "c", "x"), Many("invoice", "d", "y"),
            One("invoices", "e", "z"), One("place", "f", "x_id"), One("place", "g", "x_id"),
        ];
        var expected = Show(ends);
        Assert.Equal(expected, Show([.. ends.Reverse()]));
        Assert.Equal(ends.Length, expected.Distinct().Count());

        static List<string> Show(RelationEnd[] ends) =>
            [.. RelationNames.Assign(ends, ["payer"]).Select(relation => $"{relation.Name} {relation.Constraint}")];
    }
}
