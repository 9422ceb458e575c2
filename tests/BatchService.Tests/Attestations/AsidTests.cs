using BatchService.Attestations;

namespace BatchService.Tests.Attestations;

public sealed class AsidTests
{
    private const string Good = "AS00USER100LIKESSL00WORKA0000BOB";

    [Theory]
    [InlineData("", 3, "DSE")]
    [InlineData("", 5, "DSEC2")]
    [InlineData("_", 5, "UCPZZ")]
    [InlineData("_", 7, "UCPZZ54")]
    [InlineData("likes", 7, "LIKESSL")]
    [InlineData("bob", 5, "BOBBY")]
    [InlineData("gh", 5, "GH5M9")]
    [InlineData("is-a", 7, "ISA2W6G")]
    [InlineData("user_123", 5, "USER1")]
    [InlineData("work", 5, "WORKA")]
    [InlineData("é", 5, "L3X8A")]
    public void Makes_the_component_that_the_contract_shows(string text, int length, string component) =>
        Assert.Equal(component, Asid.Component(text, length));

    [Fact]
    public void Pads_beyond_the_32_bytes_of_the_hash_by_starting_over()
    {
        var component = Asid.Component("", 40);

        Assert.Equal(component[..8], component[32..]);
        Assert.Equal("DSEC2", component[..5]);
    }

    [Fact]
    public void Puts_the_components_between_random_hex_digits()
    {
        var id = Asid.Create("user_123", "likes", "work", "bob");

        Assert.Equal(32, id.Length);
        Assert.Equal(
            ("AS", "USER1", "LIKESSL", "WORKA", "BOB"), (id[..2], id[4..9], id[11..18], id[20..25], id[29..]));
        Assert.Matches("^[0-9A-F]{10}$", id[2..4] + id[9..11] + id[18..20] + id[25..29]);
    }

    [Fact]
    public void Takes_the_empty_string_for_an_actor_that_nobody_gave() => Assert.EndsWith("DSE", Asid.Create("s", "p", "c", ""), StringComparison.Ordinal);

    [Fact]
    public void Is_random_in_all_ten_digits()
    {
        var ids = Enumerable.Range(0, 2_000).Select(_ => Asid.Create("s", "p", "c", "a")).ToList();

        Assert.Equal(ids.Count, ids.Distinct(StringComparer.Ordinal).Count());
        foreach (var place in new[] { 2, 3, 9, 10, 18, 19, 25, 26, 27, 28 })
            Assert.Equal(16, ids.Select(id => id[place]).Distinct().Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("_")]
    [InlineData("日本語 🎉")]
    [InlineData("a rather long text with \"quotes\", \\ and \n")]
    public void Makes_valid_ids_of_any_text(string text) => Assert.True(Asid.IsValid(Asid.Create(text, text, text, text)));

    [Theory]
    [InlineData(Good)]
    [InlineData("ZZ00USER100LIKESSL00WORKA0000BOB")]
    [InlineData("42FF00000FF0000000FF00000FFFF000")]
    public void Takes_any_prefix_and_digits_anywhere(string id) => Assert.True(Asid.IsValid(id));

    [Fact]
    public void Takes_only_upper_case_hex_digits_where_they_are_random_and_letters_and_digits_elsewhere()
    {
        int[] hex = [2, 3, 9, 10, 18, 19, 25, 26, 27, 28];
        for (var place = 0; place < Good.Length; place++)
        {
            Assert.True(Asid.IsValid(With(place, 'F')), $"F at {place}");
            Assert.True(Asid.IsValid(With(place, '9')), $"9 at {place}");
            Assert.Equal(!hex.Contains(place), Asid.IsValid(With(place, 'G')));
            Assert.Equal(!hex.Contains(place), Asid.IsValid(With(place, 'Z')));
            foreach (var letter in "a f-_ É０")
                Assert.False(Asid.IsValid(With(place, letter)), $"{letter} at {place}");
        }

        static string With(int place, char letter) => Good[..place] + letter + Good[(place + 1)..];
    }

    [Theory]
    [InlineData("")]
    [InlineData("AS00USER100LIKESSL00WORKA0000BO")]
    [InlineData("AS00USER100LIKESSL00WORKA0000BOBB")]
    [InlineData(" AS00USER100LIKESSL00WORKA0000BO")]
    public void Takes_no_other_length(string id) => Assert.False(Asid.IsValid(id));
}
