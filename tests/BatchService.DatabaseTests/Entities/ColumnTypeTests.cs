using BatchService.Entities;

namespace BatchService.DatabaseTests.Entities;

public sealed class ColumnTypeTests(NastySchema schema) : IClassFixture<NastySchema>
{
    private ColumnType Type(string column) => schema.Catalog.Entities["every_type"].FindColumn(column)!.Type;

    [Theory]
    [InlineData("t", TypeFamily.Text, "text", "\"pg_catalog\".\"text\"")]
    [InlineData("vc", TypeFamily.Text, "character varying(40)", "\"pg_catalog\".\"varchar\"")]
    [InlineData("one", TypeFamily.Text, "\"char\"", "\"pg_catalog\".\"char\"")]
    [InlineData("i4", TypeFamily.Int32, "integer", "\"pg_catalog\".\"int4\"")]
    [InlineData("money_like", TypeFamily.Numeric, "numeric(10,2)", "\"pg_catalog\".\"numeric\"")]
    [InlineData("ts", TypeFamily.Timestamp, "timestamp(3) without time zone", "\"pg_catalog\".\"timestamp\"")]
    [InlineData("jb", TypeFamily.Json, "jsonb", "\"pg_catalog\".\"jsonb\"")]
    [InlineData("m", TypeFamily.Enum, "mood", "\"public\".\"mood\"")]
    [InlineData("p", TypeFamily.Composite, "place", "\"public\".\"place\"")]
    [InlineData("table", TypeFamily.Composite, "address", "\"public\".\"address\"")]
    [InlineData("vcs", TypeFamily.Array, "character varying(10)[]", "\"pg_catalog\".\"_varchar\"")]
    [InlineData("moods", TypeFamily.Array, "mood[]", "\"public\".\"_mood\"")]
    [InlineData("lr", TypeFamily.Range, "length_range", "\"public\".\"length_range\"")]
    [InlineData("mr", TypeFamily.Multirange, "datemultirange", "\"pg_catalog\".\"datemultirange\"")]
    [InlineData("mac8", TypeFamily.Network, "macaddr8", "\"pg_catalog\".\"macaddr8\"")]
    [InlineData("bits", TypeFamily.BitString, "bit(3)", "\"pg_catalog\".\"bit\"")]
    [InlineData("code", TypeFamily.Text, "code", "\"public\".\"code\"")]
    [InlineData("odd_domain", TypeFamily.Numeric, "sales.\"Odd.Domain\"", "\"sales\".\"Odd.Domain\"")]
    [InlineData("iv2", TypeFamily.Other, "int2vector", "\"pg_catalog\".\"int2vector\"")]
    [InlineData("price", TypeFamily.Other, "money", "\"pg_catalog\".\"money\"")]
    internal void Reads_family_name_and_cast(string column, TypeFamily family, string name, string castSql) =>
        Assert.Equal((family, name, castSql), (Type(column).Family, Type(column).Name, Type(column).CastSql));

    [Fact]
    public void Every_cast_names_the_type_without_its_length()
    {
        Assert.All(schema.Catalog.Entities["every_type"].Columns, column => Assert.DoesNotContain('(', column.Type.CastSql));
    }

    [Theory]
    [InlineData("vc", 40)]
    [InlineData("c", 3)]
    [InlineData("n", 63)]
    [InlineData("one", 1)]
    [InlineData("t", null)]
    [InlineData("bits", 3)]
    [InlineData("vbits", 8)]
    [InlineData("bit1", 1)]
    [InlineData("code", 5)]
    [InlineData("plain_domain", 5)]
    public void Reads_lengths_through_domains(string column, int? length) => Assert.Equal(length, Type(column).MaxLength);

    [Fact]
    public void Reads_precision_and_scale_also_negative_of_elements_and_of_domains()
    {
        Assert.Equal((10, 2), (Type("money_like").Precision, Type("money_like").Scale));
        Assert.Equal((3, -2), (Type("coarse").Precision, Type("coarse").Scale));
        Assert.Equal((5, 1), (Type("nums").Element!.Precision, Type("nums").Element!.Scale));
        Assert.Equal((6, 2), (Type("odd_domain").Precision, Type("odd_domain").Scale));
        Assert.Null(Type("num").Precision);
        Assert.Equal(10, Type("vcs").Element!.MaxLength);
        Assert.Equal(5, Type("codes").Element!.MaxLength);
    }

    [Fact]
    public void Not_null_of_a_domain_makes_the_column_so()
    {
        Assert.True(Type("code").DomainNotNull);
        Assert.False(schema.Catalog.Entities["every_type"].FindColumn("code")!.Nullable);
        Assert.False(Type("plain_domain").DomainNotNull);
        Assert.True(Type("codes").Element!.DomainNotNull);
    }

    [Fact]
    public void Reads_labels_in_order_and_fields_with_their_types()
    {
        Assert.Equal(["sad", "so-so", "it's \"fine\", {really}"], Type("m").Labels);
        Assert.Equal(["sad", "so-so", "it's \"fine\", {really}"], Type("moods").Element!.Labels);
        Assert.Equal(["street", "floor", "moods"], Type("p").Fields.Select(field => field.Name));
        Assert.Equal(20, Type("p").Fields[0].Type.MaxLength);
        Assert.Equal(TypeFamily.Enum, Type("p").Fields[2].Type.Element!.Family);
        Assert.Equal(TypeFamily.Int32, Type("r").Element!.Family);
        Assert.Equal(TypeFamily.Date, Type("mr").Element!.Family);
    }
}
