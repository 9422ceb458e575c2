using BatchService.Notebooks;

namespace BatchService.Tests.Notebooks;

public sealed class SearchQueryTests
{
    [Theory]
    [InlineData("token refr", "'token':* & 'refr':*")]
    [InlineData("  auth/tokens\t", "'auth':* & 'tokens':*")]
    [InlineData("it's", "'it''s':*")]
    [InlineData("a\\", "'a\\\\':*")]
    [InlineData("a & !b", "'a':* & '&':* & '!b':*")]
    public void Quotes_every_word_and_asks_for_its_beginning(string text, string expected) =>
        Assert.Equal(expected, SearchQuery.ToTsQuery(text));
}
