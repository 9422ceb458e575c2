using System.Net.Http.Json;
using Npgsql;

namespace BatchService.DatabaseTests.Entities;

/// <summary>Tables that are hard to name, hard to key or hard to write to.</summary>
public sealed class EntityOddFixture : ServiceFixture
{
    protected override void Configure(IDictionary<string, string?> settings) => settings["Entities:Schemas"] = "public,Sales.X";

    protected override async Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken) => await database.ExecuteAsync(""""
        CREATE SCHEMA "Sales.X";
        CREATE TABLE "Mixed Case ""q"".t" ("Id" integer PRIMARY KEY, "a.b" text, "c ""d""" text, "select" integer, "ü/~" text);
        CREATE TABLE "Sales.X"."Order" ("Id" integer PRIMARY KEY, parent integer REFERENCES "Mixed Case ""q"".t");
        CREATE TABLE "Sales.X".node (id integer PRIMARY KEY);
        CREATE TABLE node (
            tree integer, id integer, parent_tree integer, parent_id integer, label text, PRIMARY KEY (tree, id),
            FOREIGN KEY (parent_tree, parent_id) REFERENCES node (tree, id));
        CREATE TABLE address (address_id integer PRIMARY KEY, city text);
        CREATE TABLE parcel (
            parcel_id integer PRIMARY KEY, sender_address_id integer REFERENCES address, receiver_address_id integer NOT NULL REFERENCES address);
        INSERT INTO address VALUES (1, 'Ulm'), (2, 'Bonn');
        CREATE TABLE always (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text, twice integer GENERATED ALWAYS AS (length(v) * 2) STORED);
        CREATE TABLE measure (day date NOT NULL, sensor integer NOT NULL, value numeric, PRIMARY KEY (day, sensor)) PARTITION BY RANGE (day);
        CREATE TABLE measure_2024 PARTITION OF measure (CONSTRAINT positive CHECK (value > 0)) FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
        CREATE TABLE measure_2025 PARTITION OF measure FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
        CREATE TABLE item (item_id integer PRIMARY KEY, price integer NOT NULL, hidden text DEFAULT 'h');
        CREATE VIEW cheap AS SELECT item_id, price, price * 2 AS twice FROM item WHERE price < 10 WITH CHECK OPTION;
        CREATE VIEW total AS SELECT sum(price) AS price FROM item;
        CREATE VIEW guarded AS SELECT item_id, price + 0 AS price FROM item;
        CREATE FUNCTION guarded_write() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN INSERT INTO item VALUES (NEW.item_id, NEW.price); RETURN NEW; END IF;
            IF TG_OP = 'UPDATE' THEN UPDATE item SET price = NEW.price WHERE item_id = OLD.item_id; RETURN NEW; END IF;
            DELETE FROM item WHERE item_id = OLD.item_id; RETURN OLD;
        END $$;
        CREATE TRIGGER guarded_write INSTEAD OF INSERT OR UPDATE OR DELETE ON guarded FOR EACH ROW EXECUTE FUNCTION guarded_write();
        CREATE TABLE chain (
            id integer PRIMARY KEY, next integer CONSTRAINT chain_next REFERENCES chain DEFERRABLE INITIALLY DEFERRED,
            rank integer CONSTRAINT chain_rank UNIQUE DEFERRABLE INITIALLY DEFERRED);
        """");
}

/// <summary>Names, keys, partitions, views and deferred constraints.</summary>
public sealed class EntityNameTests(EntityOddFixture fixture) : IClassFixture<EntityOddFixture>
{
    [Fact]
    public async Task Names_with_slashes_and_percent_signs_work_in_an_address()
    {
        var server = await PostgresServer.OfThisRunAsync();
        await using var database = await server.CreateDatabaseAsync(DatabaseTemplate.Empty);
        await database.DataSource.ExecuteAsync("CREATE TABLE \"a/b\" (n integer PRIMARY KEY); CREATE TABLE \"a%2Fb\" (m integer PRIMARY KEY)");
        await using var process = await ServiceProcess.StartAsync($"ConnectionStrings:Batch={database.ConnectionString}");
        using var client = new HttpClient { BaseAddress = process.Address };

        foreach (var (name, column) in new[] { ("a/b", "n"), ("a%2Fb", "m") })
        {
            var path = $"/entities/{Uri.EscapeDataString(name)}";
            using var written = await client.PostAsync(
                new Uri($"{path}/batch", UriKind.Relative), JsonContent.Create(new { action = "create", items = new[] { new Dictionary<string, int>(StringComparer.Ordinal) { [column] = 1 } } }));

            Assert.True(written.IsSuccessStatusCode, await written.Content.ReadAsStringAsync());
            Assert.Contains($"\"{column}\"", await client.GetStringAsync(new Uri(path, UriKind.Relative)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Names_with_capitals_dots_quotes_and_blanks_work_in_every_place()
    {
        const string Entity = "\"Mixed Case \\\"q\\\".t\"";
        var answer = await fixture.Client.ManyAsync(
            $$"""{"entity": {{Entity}}, "action": "create", "store_params": {"Id": 1, "a.b": "x", "c \"d\"": "y", "select": 3, "ü/~": "z"} }""",
            $$"""{"entity": {{Entity}}, "action": "upsert", "store_params": {"Id": 1, "a.b": "X"}, "metadata_params": {"on_conflict": {"columns": ["Id"]} } }""",
            $$"""{"entity": {{Entity}}, "action": "update", "query_params": {"c \"d\"": "like::y*", "a.b": "X"}, "store_params": {"select": 4} }""",
            $$"""{"entity": {{Entity}}, "action": "read", "query_params": {"ü/~": "z"}, "metadata_params": {"sort": "a.b:desc,c \"d\"", "properties": ["a.b", "select"]} }""",
            $$"""{"entity": "Sales.X.Order", "action": "create", "store_params": {"Id": 5, "parent": 1} }""");

        Assert.Equal("""["X",4]""", $"[{answer.Expect(200).DataOf(3)[0].GetProperty("a.b").GetRawText()},{answer.DataOf(3)[0].GetProperty("select").GetRawText()}]");
        Assert.Equal("1,X,\"y\",4,z", (await fixture.Database.RowsAsync("""SELECT * FROM "Mixed Case ""q"".t" """)).Replace(",y,", ",\"y\",", StringComparison.Ordinal));
        Assert.Equal("5,1", await fixture.Database.RowsAsync("""SELECT * FROM "Sales.X"."Order" """));
    }

    [Fact]
    public async Task An_error_points_to_an_odd_column_by_its_escaped_name()
    {
        var answer = await fixture.Client.OneAsync("""{"entity": "Mixed Case \"q\".t", "action": "create", "store_params": {"Id": 9, "ü/~": 5}}""");

        Assert.Equal("/operations/0/store_params/ü~1~0", answer.ExpectError(422, "TYPE_INVALID").Pointer);
    }

    [Fact]
    public async Task Tables_of_further_schemas_go_by_their_qualified_name_and_do_not_hide_those_of_the_first()
    {
        var list = await fixture.Client.GetAnswerAsync("/entities");
        var names = list.Body.GetProperty("entities").EnumerateArray().Select(entity => entity.GetProperty("name").GetString()).ToList();
        var other = await fixture.Client.OneAsync("""{"entity": "Sales.X.node", "action": "create", "store_params": {"id": 1}}""");
        var described = await fixture.Client.GetAnswerAsync("/entities/Sales.X.Order");

        Assert.Contains("node", names);
        Assert.Contains("Sales.X.node", names);
        Assert.DoesNotContain(names, name => name!.StartsWith("batch", StringComparison.Ordinal));
        other.Expect(200);
        Assert.Equal("0", await fixture.Database.RowsAsync("SELECT count(*) FROM public.node WHERE tree IS NULL"));
        Assert.Equal("Sales.X", described.Expect(200).Body.GetProperty("schema").GetString());
    }

    [Fact]
    public async Task A_table_refers_to_itself_over_a_composite_key()
    {
        var answer = await fixture.Client.ManyAsync(
            """{"id": "root", "entity": "node", "action": "create", "store_params": {"tree": 1, "id": 1, "label": "root"}}""",
            """{"entity": "node", "action": "create", "store_params": [{"tree": 1, "id": 2, "parent_tree": 1, "parent_id": 1}, {"tree": 1, "id": 3, "parent_tree": "$ref:root.tree", "parent_id": 1}]}""",
            """{"entity": "node", "action": "read", "query_params": {"node.label": "root"}, "metadata_params": {"properties": "id node:label"}}""",
            """{"entity": "node", "action": "read", "query_params": {"nodes.id": 3}, "metadata_params": {"properties": "id nodes:id"}}""",
            """{"entity": "node", "action": "upsert", "store_params": {"tree": 1, "id": 3, "label": "leaf"}}""");

        Assert.Equal("2 3", string.Join(' ', answer.Expect(200).DataOf(2).Select(row => row.GetProperty("id").ToString())));
        Assert.Equal("root", answer.DataOf(2)[0].GetProperty("node").GetProperty("label").GetString());
        Assert.Equal(2, answer.DataOf(3)[0].GetProperty("nodes").GetArrayLength());
        Assert.Equal("leaf,1", await fixture.Database.RowsAsync("SELECT label, parent_id FROM node WHERE id = 3"));
    }

    [Fact]
    public async Task Two_foreign_keys_to_one_table_are_two_relations()
    {
        var answer = await fixture.Client.ManyAsync(
            """{"entity": "parcel", "action": "create", "store_params": {"parcel_id": 1, "sender_address_id": 1, "receiver_address_id": 2}}""",
            """{"entity": "parcel", "action": "read", "query_params": {"sender_address.city": "Ulm", "receiver_address.city": "Bonn"}, "metadata_params": {"properties": "sender_address:city receiver_address:city"}}""",
            """{"entity": "parcel", "action": "read", "query_params": {"sender_address.city": "Bonn"}}""",
            """{"entity": "address", "action": "read", "query_params": {"parcels_by_receiver_address_id.parcel_id": 1}}""");

        Assert.Equal("Bonn", answer.Expect(200).DataOf(1)[0].GetProperty("receiver_address").GetProperty("city").GetString());
        Assert.Empty(answer.DataOf(2));
        Assert.Equal(2, answer.DataOf(3)[0].GetProperty("address_id").GetInt32());
    }

    [Fact]
    public async Task Identities_that_are_always_generated_take_no_value_and_count()
    {
        var created = await fixture.Client.OneAsync("""{"entity": "always", "action": "create", "store_params": [{"v": "a"}, {"v": "bb"}]}""");
        var upserted = await fixture.Client.OneAsync("""{"entity": "always", "action": "upsert", "store_params": {"v": "c"}}""");
        var refused = await fixture.Client.OneAsync("""{"entity": "always", "action": "create", "store_params": {"id": 9, "v": "c", "twice": 1}}""");
        var updated = await fixture.Client.OneAsync("""{"entity": "always", "action": "update", "query_params": {"v": "bb"}, "store_params": {"v": "ccc"}}""");

        Assert.Equal("2 4", created.Expect(200).Column("twice"));
        Assert.Equal("created", upserted.Expect(200).Result.GetProperty("outcome").GetString());
        Assert.Equal(["VALIDATION_FAILED /operations/0/store_params/id", "VALIDATION_FAILED /operations/0/store_params/twice"], refused.Expect(422).Problems);
        Assert.Equal(6, updated.Expect(200).Row.GetProperty("twice").GetInt32());
    }

    [Fact]
    public async Task A_partitioned_table_is_one_entity_for_every_action()
    {
        var created = await fixture.Client.OneAsync("""
            {"entity": "measure", "action": "create", "store_params": [
                {"day": "2024-05-01", "sensor": 1, "value": 1}, {"day": "2025-05-01", "sensor": 1, "value": -2}]}
            """);
        var upserted = await fixture.Client.OneAsync("""
            {"entity": "measure", "action": "upsert", "store_params": [
                {"day": "2024-05-01", "sensor": 1, "value": 5}, {"day": "2024-05-02", "sensor": 1, "value": 6}, {"day": "2025-05-01", "sensor": 1, "value": -2}]}
            """);
        var moved = await fixture.Client.OneAsync(
            """{"entity": "measure", "action": "update", "query_params": {"day": "2024-05-02"}, "store_params": {"day": "2025-06-02"}}""");
        var check = await fixture.Client.OneAsync("""{"entity": "measure", "action": "create", "store_params": {"day": "2024-07-01", "sensor": 1, "value": -1}}""");
        var nowhere = await fixture.Client.OneAsync("""{"entity": "measure", "action": "create", "store_params": {"day": "2030-01-01", "sensor": 1}}""");
        var deleted = await fixture.Client.OneAsync("""{"entity": "measure", "action": "delete", "query_params": {"day": "ge::2024-01-01"}}""");

        Assert.Equal(2, created.Expect(200).Data.Count);
        Assert.Equal(["updated", "created", "unchanged"], upserted.Expect(200).Result.GetProperty("outcomes").EnumerateArray().Select(one => one.GetString()));
        Assert.Equal("2025-06-02", moved.Expect(200).Row.GetProperty("day").GetString());
        Assert.Equal("/operations/0/store_params/value", check.ExpectError(422, "CHECK_VIOLATION").Pointer);
        Assert.Equal("positive", check.Constraint);
        nowhere.ExpectError(422, "CHECK_VIOLATION");
        Assert.Equal(3, deleted.Expect(200).Result.GetProperty("affected").GetInt32());
        Assert.Equal("0", await fixture.Database.RowsAsync("SELECT count(*) FROM measure"));
    }

    [Fact]
    public async Task An_updatable_view_is_written_as_its_table_is_and_its_check_option_holds()
    {
        var answer = await fixture.Client.ManyAsync(
            """{"entity": "cheap", "action": "create", "store_params": {"item_id": 1, "price": 5}}""",
            """{"entity": "cheap", "action": "update", "query_params": {"item_id": 1}, "store_params": {"price": 6}}""",
            """{"entity": "cheap", "action": "upsert", "store_params": {"item_id": 1, "price": 7}, "metadata_params": {"on_conflict": {"columns": ["item_id"]}}}""",
            """{"entity": "cheap", "action": "read", "query_params": {"item_id": 1}}""");
        var dear = await fixture.Client.OneAsync("""{"entity": "cheap", "action": "create", "store_params": {"item_id": 2, "price": 50}}""");
        var computed = await fixture.Client.OneAsync("""{"entity": "cheap", "action": "update", "query_params": {"item_id": 1}, "store_params": {"twice": 1}}""");

        Assert.Equal(14, answer.Expect(200).DataOf(3)[0].GetProperty("twice").GetInt32());
        dear.ExpectError(422, "CHECK_VIOLATION");
        Assert.Equal("/operations/0/store_params/twice", computed.ExpectError(422, "VALIDATION_FAILED").Pointer);
        Assert.Equal("1,7,h", await fixture.Database.RowsAsync("SELECT * FROM item WHERE item_id < 10"));
    }

    [Fact]
    public async Task A_view_with_triggers_is_written_through_them()
    {
        var created = await fixture.Client.OneAsync("""{"entity": "guarded", "action": "create", "store_params": {"item_id": 20, "price": 5}}""");
        var updated = await fixture.Client.OneAsync("""{"entity": "guarded", "action": "update", "query_params": {"item_id": 20}, "store_params": {"price": 6}}""");
        var upserted = await fixture.Client.OneAsync(
            """{"entity": "guarded", "action": "upsert", "store_params": {"item_id": 20, "price": 7}, "metadata_params": {"on_conflict": {"columns": ["item_id"]}}}""");

        Assert.Equal(5, created.Expect(200).Row.GetProperty("price").GetInt32());
        Assert.Equal(6, updated.Expect(200).Row.GetProperty("price").GetInt32());
        Assert.InRange(upserted.Status, 400, 499);
        Assert.Equal("6", await fixture.Database.RowsAsync("SELECT price FROM item WHERE item_id = 20"));
        var deleted = await fixture.Client.OneAsync("""{"entity": "guarded", "action": "delete", "query_params": {"item_id": 20}}""");
        deleted.Expect(200);
        Assert.Equal("", await fixture.Database.RowsAsync("SELECT price FROM item WHERE item_id = 20"));
    }

    [Fact]
    public async Task A_view_that_cannot_be_written_is_no_entity()
    {
        var listed = await fixture.Client.GetAnswerAsync("/entities");
        var read = await fixture.Client.OneAsync("""{"entity": "total", "action": "read"}""");

        Assert.DoesNotContain("\"total\"", listed.Text, StringComparison.Ordinal);
        Assert.Equal("/operations/0/entity", read.ExpectError(404, "ENTITY_UNKNOWN").Pointer);
    }

    [Fact]
    public async Task Rows_of_an_atomic_batch_may_refer_forwards_over_a_deferred_constraint()
    {
        var answer = await fixture.Client.ManyAsync(
            """{"entity": "chain", "action": "create", "store_params": {"id": 1, "next": 2, "rank": 1}}""",
            """{"entity": "chain", "action": "read"}""",
            """{"entity": "chain", "action": "create", "store_params": {"id": 2, "next": 1, "rank": 2}}""",
            """{"entity": "chain", "action": "update", "query_params": {"id": 1}, "store_params": {"rank": 2}}""",
            """{"entity": "chain", "action": "update", "query_params": {"id": 2}, "store_params": {"rank": 1}}""");

        answer.Expect(200);
        Assert.Equal("1,2,2 2,1,1", await fixture.Database.RowsAsync("SELECT * FROM chain WHERE id < 10 ORDER BY 1"));
    }

    [Fact]
    public async Task A_deferred_constraint_that_is_broken_at_the_end_meets_its_item()
    {
        const string Good = """{"entity": "chain", "action": "create", "store_params": {"id": 11, "next": 11}}""";
        const string Bad = """{"entity": "chain", "action": "create", "store_params": {"id": 12, "next": 99}}""";
        const string Later = """{"entity": "chain", "action": "create", "store_params": {"id": 13}}""";

        var atomic = await fixture.Client.ManyAsync(Good, Bad, Later);
        Assert.Equal("", await fixture.Database.RowsAsync("SELECT id FROM chain WHERE id > 10"));
        var each = await fixture.Client.EachAsync(Good, Bad, Later);

        Assert.Equal("/operations/1/store_params/next", atomic.ExpectError(409, "FOREIGN_KEY_VIOLATION").Pointer);
        Assert.Equal("chain_next", atomic.Constraint);
        Assert.Equal("/operations/1/store_params/next", each.ExpectError(207, "FOREIGN_KEY_VIOLATION").Pointer);
        Assert.Equal("11 13", await fixture.Database.RowsAsync("SELECT id FROM chain WHERE id > 10 ORDER BY 1"));
    }

    [Fact]
    public async Task A_key_that_is_checked_at_the_end_cannot_decide_an_upsert()
    {
        var answer = await fixture.Client.OneAsync(
            """{"entity": "chain", "action": "upsert", "store_params": {"id": 30, "rank": 30}, "metadata_params": {"on_conflict": {"columns": ["rank"]}}}""");

        answer.ExpectError(400, "FIELD_INVALID");
    }
}
