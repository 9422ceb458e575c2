using BatchService.Entities;

namespace BatchService.DatabaseTests.Entities;

public sealed class CatalogReaderTests(NastySchema schema) : IClassFixture<NastySchema>
{
    private Entity Find(string name) => schema.Catalog.Entities[name];

    private Column Find(string entity, string column) => Find(entity).FindColumn(column)!;

    private static string Show(Relation relation) =>
        $"{relation.Name} {(relation.IsList ? "=>" : "->")} {relation.Target} ({string.Join(',', relation.Columns)})"
        + $" ({string.Join(',', relation.TargetColumns)})";

    [Fact]
    public void Names_tables_of_the_first_schema_bare_and_others_with_their_schema()
    {
        Assert.Equal(
            [
                "Odd \"Table\".x", "address", "booking", "cheap", "customer", "employee", "event", "events", "every_type", "guarded",
                "invoice", "invoice_line", "ruled", "sales.Order.Item", "sales.customer",
            ],
            schema.Catalog.Entities.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("\"public\".\"Odd \"\"Table\"\".x\"", Find("Odd \"Table\".x").Sql);
        Assert.Equal("\"sales\".\"Order.Item\"", Find("sales.Order.Item").Sql);
        Assert.Equal("Where things go.", Find("address").Description);
    }

    [Fact]
    public void Tells_tables_partitioned_tables_and_views_apart()
    {
        Assert.Equal(EntityKind.Table, Find("invoice").Kind);
        Assert.Equal(EntityKind.PartitionedTable, Find("event").Kind);
        Assert.Equal(EntityKind.View, Find("cheap").Kind);
    }

    [Theory]
    [InlineData("invoice", true, true, true)]
    [InlineData("event", true, true, true)]
    [InlineData("cheap", true, true, true)]
    [InlineData("guarded", true, false, false)]
    public void Knows_what_each_relation_lets_be_written(string name, bool insertable, bool updatable, bool deletable)
    {
        var entity = Find(name);
        Assert.Equal((insertable, updatable, deletable), (entity.Insertable, entity.Updatable, entity.Deletable));
    }

    [Theory]
    [InlineData("invoice", false)]
    [InlineData("customer", false)]
    [InlineData("event", true)]
    [InlineData("events", true)]
    [InlineData("guarded", true)]
    [InlineData("cheap", false)]
    [InlineData("ruled", true)]
    public void Finds_triggers_and_rules_on_partitions_and_beneath_views_too(string name, bool expected) =>
        Assert.Equal(expected, Find(name).HasTriggers);

    [Fact]
    public void Skips_dropped_columns_and_reads_the_others_in_order()
    {
        Assert.Equal(
            ["customer_id", "email", "home_address_id", "billing_address_id", "vip", "since", "shout"],
            Find("customer").Columns.Select(column => column.Name));
        Assert.Equal("In lower case.", Find("customer", "email").Description);
        Assert.False(Find("customer", "email").Nullable);
        Assert.True(Find("customer", "since").Nullable);
    }

    [Fact]
    public void Reads_defaults_as_expressions_that_mean_the_same_anywhere()
    {
        Assert.Equal("false", Find("customer", "vip").Default);
        Assert.Equal("now()", Find("customer", "since").Default);
        Assert.Equal("nextval('public.employee_employee_id_seq'::regclass)", Find("employee", "employee_id").Default);
        Assert.Equal("'it''s'::text", Find("Odd \"Table\".x", "a.b \"c").Default);
        Assert.Equal("nextval('public.\"Odd \"\"Table\"\".x_Order_seq\"'::regclass)", Find("Odd \"Table\".x", "Order").Default);
        Assert.Null(Find("customer", "shout").Default);
        Assert.StartsWith("'abc'::", Find("every_type", "code").Default, StringComparison.Ordinal);
        Assert.StartsWith("'none'::", Find("every_type", "plain_domain").Default, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_default_can_be_evaluated()
    {
        var columns = schema.Catalog.Entities.Values.SelectMany(entity => entity.Columns);
        foreach (var column in columns.Where(column => column.Default is not null))
        {
            await using var command = schema.DataSource.CreateCommand($"SELECT ({column.Default})::text");
            Assert.IsType<string>(await command.ExecuteScalarAsync());
        }
    }

    [Theory]
    [InlineData("customer", "customer_id", ColumnGeneration.IdentityAlways, false)]
    [InlineData("address", "address_id", ColumnGeneration.IdentityByDefault, true)]
    [InlineData("customer", "shout", ColumnGeneration.Stored, false)]
    [InlineData("cheap", "twice", ColumnGeneration.Stored, false)]
    [InlineData("cheap", "total", ColumnGeneration.None, true)]
    [InlineData("guarded", "n", ColumnGeneration.None, true)]
    internal void Knows_which_columns_the_database_fills(string entity, string column, ColumnGeneration generation, bool writable)
    {
        Assert.Equal(generation, Find(entity, column).Generation);
        Assert.Equal(writable, Find(entity, column).Writable);
    }

    [Fact]
    public void Reads_keys_in_key_order_and_leaves_out_indexes_that_are_no_keys()
    {
        Assert.Equal(["year", "invoice_no"], Find("invoice").PrimaryKey);
        Assert.Equal(
            [
                "customer_pkey(customer_id)", "customer_email_key(email)", "customer_email_since(email,since)",
                "customer_home(home_address_id)",
            ],
            Find("customer").UniqueKeys.Select(key => $"{key.Name}({string.Join(',', key.Columns)})"));
        Assert.True(Find("customer").UniqueKeys.Single(key => key.Name == "customer_home").NullsNotDistinct);
        Assert.Equal(["employee_badge_key"], Find("employee").UniqueKeys.Where(key => key.Deferrable).Select(key => key.Name));
        Assert.Equal(["region", "event_id"], Find("event").PrimaryKey);
        Assert.Single(Find("event").UniqueKeys);
        Assert.Empty(Find("cheap").PrimaryKey);
    }

    [Theory]
    [InlineData("customer", "customer_email_lower", "vip,email")]
    [InlineData("customer", "customer_one_vip", "billing_address_id")]
    [InlineData("invoice", "invoice_total_check", "total")]
    [InlineData("invoice", "invoice_customer_fkey", "customer_id")]
    [InlineData("invoice", "invoice_pkey", "year,invoice_no")]
    [InlineData("invoice_line", "invoice_line_invoice", "invoice_no,invoice_year")]
    [InlineData("booking", "booking_no_overlap", "during,room")]
    [InlineData("booking", "booking_label", "room,label")]
    [InlineData("event", "event_note", "note")]
    [InlineData("event", "event_eu_pkey", "region,event_id")]
    [InlineData("event", "eu_only", "event_id")]
    public void Names_the_columns_that_each_constraint_covers(string entity, string constraint, string columns) =>
        Assert.Equal(
            columns.Split(',').Order(StringComparer.Ordinal),
            Find(entity).Constraints[constraint].Order(StringComparer.Ordinal));

    [Fact]
    public void Names_relations_after_tables_and_after_columns_where_two_compete()
    {
        Assert.Equal(
            ["billing_address -> address (billing_address_id) (address_id)", "home_address -> address (home_address_id) (address_id)"],
            Find("customer").Relations.Where(relation => !relation.IsList).Select(Show));
        Assert.Equal(
            [
                "customers_by_billing_address_id => customer (address_id) (billing_address_id)",
                "customers_by_home_address_id => customer (address_id) (home_address_id)",
            ],
            Find("address").Relations.Select(Show));
        Assert.Equal(
            [
                "Odd \"Table\".xs => Odd \"Table\".x (employee_id) (select)", "employee -> employee (reports_to) (employee_id)",
                "employees => employee (employee_id) (reports_to)", "invoices => invoice (employee_id) (clerk)",
            ],
            Find("employee").Relations.Select(Show));
    }

    [Fact]
    public void A_relation_gives_way_to_a_column_of_its_name()
    {
        Assert.Equal(
            [
                "customer -> customer (customer_id) (customer_id)", "employee_by_clerk -> employee (clerk) (employee_id)",
                "invoice_lines => invoice_line (invoice_no,year) (invoice_no,invoice_year)",
            ],
            Find("invoice").Relations.Select(Show));
    }

    [Fact]
    public void Relations_cross_schemas_by_bare_name_and_end_where_the_entities_end()
    {
        Assert.Equal(
            [
                "Order.Items => sales.Order.Item (customer_id) (customer_id)",
                "customer_by_parent -> customer (parent) (customer_id)", "customer_by_twin -> customer (twin) (customer_id)",
            ],
            Find("sales.customer").Relations.Select(Show));
        Assert.Equal(
            [
                "customer_by_customer_id -> sales.customer (customer_id) (customer_id)",
                "customer_by_other_customer -> customer (other_customer) (customer_id)",
            ],
            Find("sales.Order.Item").Relations.Select(Show));
        Assert.DoesNotContain(Find("customer").Relations, relation => relation.Target.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public void A_partitioned_table_has_each_relation_once() =>
        Assert.Equal(["customer -> customer (customer_id) (customer_id)"], Find("event").Relations.Select(Show));

    [Fact]
    public async Task Takes_a_version_column_that_can_count_and_makes_the_entity_read_only_otherwise()
    {
        var options = new EntitiesOptions
        {
            ConcurrencyColumns = new Dictionary<string, string> { ["every_type"] = "i4", ["invoice"] = "total", ["nothing"] = "x" },
        };
        var catalog = await schema.Reader(options).ReadAsync(CancellationToken.None);
        Assert.Equal("i4", catalog.Entities["every_type"].ConcurrencyColumn);
        Assert.True(catalog.Entities["every_type"].Insertable);
        var invoice = catalog.Entities["invoice"];
        Assert.False(invoice.Insertable || invoice.Updatable || invoice.Deletable);
        Assert.False(catalog.TryGet("sales.customer", out _));
    }
}
