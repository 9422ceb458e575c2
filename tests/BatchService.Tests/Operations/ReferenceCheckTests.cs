using BatchService.Batching;
using BatchService.Operations;

namespace BatchService.Tests.Operations;

public sealed class ReferenceCheckTests
{
    private static readonly Dictionary<string, ReferenceShape> Shapes = new(StringComparer.Ordinal)
    {
        ["b"] = ReferenceShape.Of(["id", "name", "first_name"], ["meta", "customer"]),
        ["view"] = ReferenceShape.Anything,
        ["count"] = ReferenceShape.Of(["count"]),
    };

    [Theory]
    [InlineData("$ref:b.id")]
    [InlineData("$ref:b.0.id")]
    [InlineData("$ref:b[-1].id")]
    [InlineData("$ref:b[7]")]
    [InlineData("$ref:b.$status")]
    [InlineData("$ref:b.$affected")]
    [InlineData("$ref:b.$index")]
    [InlineData("$ref:b.$etag")]
    [InlineData("$ref:b[0].$etag")]
    [InlineData("$ref:b.meta.any[3].thing")]
    [InlineData("$ref:b.customer.phone")]
    [InlineData("x$ref:b.id_suffix")]
    [InlineData("x$ref:b.id.suffix")]
    [InlineData("x$ref:b.first_name_x")]
    [InlineData("x$ref:b.name_first")]
    [InlineData("$ref:count.count")]
    [InlineData("$ref:view.whatever.it[2].is")]
    [InlineData("${ref:view[0].whatever}")]
    public void A_path_that_some_result_can_have_passes(string text) => Assert.Null(Check(text));

    [Theory]
    [InlineData("$ref:b.foo", "foo", "b")]
    [InlineData("$ref:b.foo_bar", "foo_bar", "b")]
    [InlineData("$ref:b.first", "first", "b")]
    [InlineData("$ref:b.0.foo", "0.foo", "b")]
    [InlineData("$ref:b.$foo", "$foo", "b")]
    [InlineData("${ref:b[0].$status}", "[0].$status", "b")]
    [InlineData("${ref:b.id_suffix}", "id_suffix", "b")]
    [InlineData("${ref:b.id.x}", "id.x", "b")]
    [InlineData("$ref:b.id[0]", "id[0]", "b")]
    [InlineData("$ref:b[0][1]", "[0][1]", "b")]
    [InlineData("$ref:count.id", "id", "count")]
    [InlineData("$ref:b.id_suffix", "id_suffix", "b")]
    [InlineData("$ref:b.id.suffix", "id.suffix", "b")]
    [InlineData("$ref:view.$foo", "$foo", "view")]
    public void A_path_that_no_result_can_have_is_refused(string text, string broken, string operation)
    {
        var error = Check(text);

        Assert.Equal(ErrorCodes.ReferenceUnknown, error?.Code);
        Assert.Equal($"Operation 'a' references property '{broken}' that operation '{operation}' can never return", error?.Detail);
        Assert.Equal("/operations/3/store_params/x", error?.Pointer);
        Assert.Equal((3, "a"), (error?.Index, error?.Id));
    }

    [Fact]
    public void An_unknown_operation_is_refused() =>
        Assert.Equal("Operation 'a' references unknown operation 'ghost'", Check("$ref:ghost.id")?.Detail);

    private static Error? Check(string text)
    {
        Assert.True(ReferenceTemplate.TryParse(text, out var template, out _));
        return ReferenceCheck.Check(3, "a", new FoundReference(template.References.Single(), "/operations/3/store_params/x"), Shapes);
    }
}
