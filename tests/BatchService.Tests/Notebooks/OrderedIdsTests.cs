using BatchService.Notebooks;

namespace BatchService.Tests.Notebooks;

public sealed class OrderedIdsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Ids_of_one_moment_sort_in_the_order_in_which_they_were_made_and_differ()
    {
        for (var round = 0; round < 200; round++)
        {
            var ids = OrderedIds.Make(500, Now).Select(id => $"{id}").ToList();

            Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
            Assert.Equal(500, ids.Distinct(StringComparer.Ordinal).Count());
        }
    }

    [Fact]
    public void Ids_are_UUIDv7_of_their_time_and_later_ones_sort_behind()
    {
        var (first, later) = (OrderedIds.Make(3, Now), OrderedIds.Make(3, Now.AddMilliseconds(1)));

        Assert.All(first, id => Assert.Equal((7, true), (id.Version, id.Variant is >= 8 and <= 11)));
        Assert.Equal(Guid.CreateVersion7(Now).ToString()[..13], first[0].ToString()[..13]);
        Assert.True(string.CompareOrdinal($"{first[^1]}", $"{later[0]}") < 0);
    }
}
