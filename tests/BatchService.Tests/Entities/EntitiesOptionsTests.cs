using BatchService.Entities;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace BatchService.Tests.Entities;

public sealed class EntitiesOptionsTests
{
    private static EntitiesOptions Read(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"Entities:{setting.Key}", (string?)setting.Value)))
            .Build();
        var options = new EntitiesOptions();
        options.Read(configuration.GetSection(EntitiesOptions.Section));
        return options;
    }

    [Fact]
    public void Public_is_the_default_and_is_replaced_not_added_to()
    {
        Assert.Equal(["public"], Read().Schemas);
        Assert.Equal(["sales", "public"], Read(("Schemas:0", "sales"), ("Schemas:1", "public")).Schemas);
        Assert.Equal(["sales", "hr"], Read(("Schemas", "sales, hr")).Schemas);
    }

    [Fact]
    public void Version_columns_are_read_by_entity_name()
    {
        var options = Read(
            ("invoice:ConcurrencyColumn", "version"), ("sales.order:ConcurrencyColumn", "v"));
        Assert.Equal("version", options.ConcurrencyColumns["invoice"]);
        Assert.Equal("v", options.ConcurrencyColumns["sales.order"]);
        Assert.Equal(2, options.ConcurrencyColumns.Count);
    }

    [Theory]
    [InlineData("invoice:ConcurencyColumn", "version")]
    [InlineData("invoice:Permission:clerk:Actions:0", "read")]
    [InlineData("Schema", "public")]
    [InlineData("Schemas:0", "batch")]
    [InlineData("Schemas:0", "pg_catalog")]
    [InlineData("Schemas:0", "information_schema")]
    [InlineData("Schemas", "")]
    public void What_nobody_reads_or_may_be_read_fails(string key, string value) =>
        Assert.Throws<OptionsValidationException>(() => Read((key, value)));
}
