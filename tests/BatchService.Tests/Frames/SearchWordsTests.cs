using BatchService.Frames;

namespace BatchService.Tests.Frames;

/// <summary>How texts become words, and queries questions about words.</summary>
public sealed class SearchWordsTests
{
    [Theory]
    [InlineData("Completed step 1", "completed|step|1")]
    [InlineData("L-EXE-003: done, done!", "l|exe|003|done")]
    [InlineData("ÄRGER über Größe", "ärger|über|größe")]
    [InlineData("日本 語", "日本|語")]
    [InlineData("it's a/b.c@d", "it|s|a|b|c|d")]
    [InlineData("' & ! | ( ) : * \\ <->", "")]
    [InlineData("", "")]
    public void Cuts_texts_at_everything_that_is_no_letter_or_digit(string text, string words) =>
        Assert.Equal(words, string.Join('|', SearchWords.Of([text])));

    [Fact]
    public void Cuts_long_words_between_characters()
    {
        Assert.Equal([new string('a', 64)], SearchWords.Of([new string('a', 10_000)]));
        Assert.Equal([new string('a', 63)], SearchWords.Of([new string('a', 63) + "𝒳"]));
    }

    [Fact]
    public void Counts_only_so_many_words() =>
        Assert.Equal(4_000, SearchWords.Of([string.Join(' ', Enumerable.Range(0, 5_000))]).Count);

    [Theory]
    [InlineData("step Compl", "'step':* & 'compl':*")]
    [InlineData("a':* | 'b", "'a':* & 'b':*")]
    [InlineData("***", null)]
    public void Asks_for_all_words_as_beginnings(string text, string? query) => Assert.Equal(query, SearchWords.ToPrefixQuery(text));
}
