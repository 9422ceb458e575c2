using BatchService.Notebooks;

namespace BatchService.Tests.Notebooks;

public sealed class TermVectorTests
{
    [Fact]
    public void Counts_words_of_three_and_more_letters_without_case_in_ordinal_order()
    {
        var vector = TermVector.Of("Zebra, apple! ZEBRA is an 42nd ok äpfel-mus.");

        Assert.Equal(["42nd", "apple", "mus", "zebra", "äpfel"], vector.Terms);
        Assert.Equal(1 + Math.Log(2), vector.Weights[3] / vector.Weights[0], 12);
    }

    [Fact]
    public void Has_length_1()
    {
        var vector = TermVector.Of("one two two three three three");

        Assert.Equal(1, vector.Weights.Sum(weight => weight * weight), 12);
    }

    [Fact]
    public void Of_a_text_without_words_is_empty()
    {
        Assert.Empty(TermVector.Of("").Terms);
        Assert.Empty(TermVector.Of("a b, c. -- ok").Terms);
    }

    [Fact]
    public void Keeps_the_most_frequent_terms_and_of_equally_frequent_ones_the_first()
    {
        var text = string.Join(' ', Enumerable.Range(0, 400).Select(index => $"w{index:000}").Append("zzz").Append("zzz"));

        var vector = TermVector.Of(text);

        Assert.Equal(TermVector.MaxTerms, vector.Terms.Count);
        Assert.Equal("w254", vector.Terms[^2]);
        Assert.Equal("zzz", vector.Terms[^1]);
    }

    [Fact]
    public void Looks_at_the_beginning_of_a_long_text_only()
    {
        var vector = TermVector.Of($"{string.Concat(Enumerable.Repeat("abc ", TermVector.MaxCharacters / 4))}late");

        Assert.Equal(["abc"], vector.Terms);
    }

    [Theory]
    [InlineData("alpha beta", "alpha beta", 1)]
    [InlineData("alpha beta", "gamma delta", 0)]
    [InlineData("alpha beta", "beta gamma", 0.5)]
    [InlineData("alpha", "", 0)]
    public void The_cosine_tells_what_two_texts_have_in_common(string left, string right, double cosine)
    {
        Assert.Equal(cosine, TermVector.Cosine(TermVector.Of(left), TermVector.Of(right)), 12);
        Assert.Equal(cosine, TermVector.Cosine(TermVector.Of(right), TermVector.Of(left)), 12);
    }

    [Fact]
    public void A_sum_adds_the_weights_and_is_cut_to_the_heaviest_terms()
    {
        var sum = TermVector.Sum(new TermVector(["a", "b"], [1, 2]), new TermVector(["b", "c"], [3, 2]), 2);

        Assert.Equal(["b", "c"], sum.Terms);
        Assert.Equal([5, 2], sum.Weights);
    }
}
