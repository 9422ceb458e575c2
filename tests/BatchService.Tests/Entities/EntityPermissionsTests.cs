using BatchService.Entities;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace BatchService.Tests.Entities;

public sealed class EntityPermissionsTests
{
    private static readonly ColumnType s_text = new("text", "pg_catalog.text", TypeFamily.Text);

    private static EntityRules Read(params (string Key, string? Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"Entities:{setting.Key}", setting.Value)))
            .Build();
        var options = new EntitiesOptions();
        options.Read(configuration.GetSection(EntitiesOptions.Section));
        return options.Rules;
    }

    private static HashSet<string> Roles(params string[] roles) => roles.ToHashSet(StringComparer.Ordinal);

    [Fact]
    public void Actions_are_a_list_or_words()
    {
        var rules = Read(("a:Permissions:r:Actions:0", "read"), ("a:Permissions:r:Actions:1", "create"), ("a:Permissions:s:Actions", "update, delete upsert"));

        Assert.Equal([EntityAction.Create, EntityAction.Read], rules.Find("a")!.Roles["r"].Actions.Order());
        Assert.Equal([EntityAction.Update, EntityAction.Delete, EntityAction.Upsert], rules.Find("a")!.Roles["s"].Actions.Order());
    }

    [Theory]
    [InlineData("id|name", "id", true)]
    [InlineData("id|name", "name", true)]
    [InlineData("id|name", "names", false)]
    [InlineData("id|name", "xid", false)]
    [InlineData(".*", "anything", true)]
    [InlineData("", "anything", false)]
    [InlineData("a.c", "abc", true)]
    [InlineData("(?i)NAME", "name", true)]
    [InlineData("name", "name\n", false)]
    public void A_pattern_is_over_the_whole_name(string pattern, string column, bool expected)
    {
        var grant = Read(("a:Permissions:r:Actions", "read"), ("a:Permissions:r:Readable", pattern)).Find("a")!.Roles["r"];

        Assert.Equal(expected, grant.CanRead(new Column(column, column, s_text, true, null, ColumnGeneration.None)));
        Assert.True(grant.CanWrite(new Column(column, column, s_text, true, null, ColumnGeneration.None)));
    }

    [Fact]
    public void Roles_count_for_the_actions_that_they_list()
    {
        var permissions = Read(
            ("a:Permissions:reader:Actions", "read"), ("a:Permissions:*:Actions", "assert"), ("a:Permissions:clerk:Actions", "read update"),
            ("a:Permissions:clerk:RowFilter", "x = 1")).Find("a")!;

        Assert.Single(permissions.For(Roles(), EntityAction.Assert));
        Assert.Empty(permissions.For(Roles(), EntityAction.Read));
        Assert.Equal(2, permissions.For(Roles("reader", "clerk"), EntityAction.Read).Count);
        Assert.Null(RowFilter.AnyOf(permissions.For(Roles("reader", "clerk"), EntityAction.Read)));
        Assert.NotNull(RowFilter.AnyOf(permissions.For(Roles("reader", "clerk"), EntityAction.Update)));
        Assert.Empty(permissions.For(Roles("Reader"), EntityAction.Read));
    }

    [Fact]
    public void An_empty_section_closes_and_an_entity_is_found_whatever_its_case()
    {
        var rules = Read(("Box:Permissions", ""), ("other:ConcurrencyColumn", "v"));

        Assert.Empty(rules.Find("box")!.Roles);
        Assert.Null(rules.Find("other"));
    }

    [Fact]
    public void A_refused_grant_leaves_the_entity_closed()
    {
        var rules = Read(("a:Permissions:r:Actions", "read"), ("a:Permissions:r:RowFilter", "x = 1"));

        Assert.Empty(rules.Without(new HashSet<(string, string)> { ("a", "r") }).Find("a")!.Roles);
    }

    [Theory]
    [InlineData("a:Permissions:r:Action", "read")]
    [InlineData("a:Permissions:r:Actions", "reed")]
    [InlineData("a:Permissions:r:Actions", "Read")]
    [InlineData("a:Permissions:r:Actions:0", "3")]
    [InlineData("a:Permissions:r:Readable", "(")]
    [InlineData("a:Permissions:r:Writable", @"(a)\1")]
    [InlineData("a:Permissions:r:RowFilter", "x = ${claims}")]
    [InlineData("a:Permissions:r:RowFilter", "x = ${sub}")]
    [InlineData("a:Permissions:r:RowFilter", "x = ${claims.}")]
    [InlineData("a:Permissions:r:RowFilter", "x = ${claims.a'b}")]
    [InlineData("a:Permissions:r:RowFilter", "x = ${claims.a} AND y = ${claims.b")]
    [InlineData("a:Permissions", "reader")]
    public void What_cannot_be_kept_fails_the_start(string key, string value) =>
        Assert.Throws<OptionsValidationException>(() => Read((key, value)));

    [Theory]
    [InlineData("tenant = ${claims.tenant}", "tenant = (SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb #>> '{tenant}')")]
    [InlineData("a = ${claims.app-x.b_1}::int", "a = (SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb #>> '{app-x,b_1}')::int")]
    [InlineData("true", "true")]
    public void A_claim_is_read_from_the_transactions_setting(string filter, string sql) => Assert.Equal(sql, RowFilter.Compile(filter));
}
