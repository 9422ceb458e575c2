using BatchService.Entities;

namespace BatchService.Tests.Entities;

public sealed class SqlNameTests
{
    [Theory]
    [InlineData("plain", "\"plain\"")]
    [InlineData("a\"; DROP TABLE x; --", "\"a\"\"; DROP TABLE x; --\"")]
    [InlineData("a.b", "\"a.b\"")]
    public void Quotes_whatever_the_name_holds(string name, string quoted) => Assert.Equal(quoted, SqlName.Quote(name));
}
