using System.Text.Json;
using BatchService.Entities;
using BatchService.Http;

namespace BatchService.Tests.Entities;

public sealed class EntityDescriptionTests
{
    private static readonly Entity Invoice = new(
        "invoice", "public", "invoice", "\"public\".\"invoice\"", EntityKind.PartitionedTable,
        [
            new("id", "\"id\"", CellTextTests.TypeOf(TypeFamily.Int32, "integer"), false, "nextval('s')", ColumnGeneration.IdentityAlways),
            new("total", "\"total\"", CellTextTests.TypeOf(TypeFamily.Numeric, "numeric(10,2)"), false, null, ColumnGeneration.None),
        ],
        ["id"],
        [new UniqueKey("invoice_pkey", ["id"])],
        [new Relation("lines", "line", true, "fk", ["id"], ["invoice_id"])],
        new Dictionary<string, IReadOnlyList<string>>(),
        false, true, true, false);

    private static readonly Entity Line = new(
        "line", "public", "line", "\"public\".\"line\"", EntityKind.Table,
        [new("invoice_id", "\"invoice_id\"", CellTextTests.TypeOf(TypeFamily.Int32, "integer"), false, null, ColumnGeneration.None)],
        [], [], [], new Dictionary<string, IReadOnlyList<string>>(), false, true, true, true);

    private static readonly Catalog Known = new(new[] { Invoice, Line }.ToDictionary(entity => entity.Name), default);

    private static readonly CatalogView Everything = new(Known, CallerIdentity.Development);

    [Fact]
    public void Describes_an_entity_in_snake_case()
    {
        var json = JsonSerializer.SerializeToElement(EntityDescription.Of(Invoice, Everything), EntityJson.Default.EntityDescription);
        Assert.Equal("partitioned_table", json.GetProperty("kind").GetString());
        Assert.Equal("id", json.GetProperty("primary_key")[0].GetString());
        Assert.Equal("many", json.GetProperty("relations")[0].GetProperty("kind").GetString());
        Assert.Equal("invoice_id", json.GetProperty("relations")[0].GetProperty("target_columns")[0].GetString());
        Assert.Equal("identity_always", json.GetProperty("columns")[0].GetProperty("generated").GetString());
        Assert.False(json.GetProperty("columns")[0].GetProperty("writable").GetBoolean());
        Assert.True(json.GetProperty("columns")[1].GetProperty("required").GetBoolean());
        Assert.Equal("number", json.GetProperty("columns")[1].GetProperty("json_type").GetString());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("concurrency_column").ValueKind);
    }

    [Fact]
    public void Allows_only_what_the_database_can_do()
    {
        Assert.Equal(["create", "read", "update", "upsert", "assert"], EntityDescription.ActionsOf(Invoice, Everything));
        Assert.Equal(["create", "read", "update", "assert"], EntityDescription.ActionsOf(Invoice with { UniqueKeys = [] }, Everything));
        Assert.Equal(
            ["create", "read", "update", "assert"],
            EntityDescription.ActionsOf(Invoice with { UniqueKeys = [new UniqueKey("k", ["id"], Deferrable: true)] }, Everything));
        Assert.Equal(["read", "assert"], EntityDescription.ActionsOf(Invoice with { Insertable = false, Updatable = false }, Everything));
    }

    [Fact]
    public void Shows_a_relation_only_to_who_may_read_its_other_end()
    {
        var caller = CallerIdentity.Development with { Scopes = new HashSet<string> { "batch:read:invoice" } };

        Assert.Empty(EntityDescription.Of(Invoice, new CatalogView(Known, caller)).Relations);
        Assert.Equal(["read", "assert"], EntityDescription.ActionsOf(Invoice, new CatalogView(Known, caller)));
    }

    [Fact]
    public void Lists_entities_by_name()
    {
        Entity[] entities = [Invoice with { Name = "b" }, Invoice with { Name = "a" }];
        var catalog = new Catalog(entities.ToDictionary(entity => entity.Name), default);
        Assert.Equal(["a", "b"], EntityList.Of(catalog, new CatalogView(catalog, CallerIdentity.Development)).Entities.Select(entity => entity.Name));
    }
}
