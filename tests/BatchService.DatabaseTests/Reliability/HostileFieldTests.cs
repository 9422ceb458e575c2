using System.Text.Json;
using Xunit.Abstractions;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>Hostile values and names in every place of every call that the OpenAPI document describes: nothing but answers that fit.</summary>
[Collection(ReliabilityCollection.Name)]
public sealed class HostileFieldTests(HostileFieldTests.Service service, ITestOutputHelper output) : IClassFixture<HostileFieldTests.Service>
{
    private static readonly string[] s_values = [.. HostileInput.Values, .. HostileInput.Names.Select(name => JsonSerializer.Serialize(name))];

    [Fact]
    public async Task No_value_in_any_field_of_any_call_gives_a_5xx()
    {
        var random = new Random(ReliabilityRun.Seed(output));
        var places = await HostileWorld.PlacesAsync(service.Client);
        var perPlace = Math.Min(ReliabilityRun.Count(inCi: 3, onDemand: s_values.Length), s_values.Length);
        await Parallel.ForEachAsync(places.Select(place => (place, Values: random.GetItems(s_values, perPlace))), async (sample, _) =>
        {
            foreach (var value in perPlace < s_values.Length ? sample.Values : s_values)
            {
                using var request = sample.place.With(value);
                using var response = await service.Client.SendAsync(request, CancellationToken.None);
                await HostileAnswer.AssertFitAsync(response, $"{sample.place.Name}: {value}");
            }
        });
        output.WriteLine($"{places.Count} places, {perPlace} values in each");
        Assert.True(places.Count > 900);
    }

    /// <summary>One caller, who may start any number of jobs.</summary>
    public sealed class Service : ChinookFixture
    {
        protected override void Configure(IDictionary<string, string?> settings)
        {
            settings["Serilog:MinimumLevel"] = "Error";
            settings["Jobs:MaxRunningPerCaller"] = "10000";

            // A 503 would be the busy machine's, not the input's.
            settings["Database:ConnectionTimeout"] = "00:00:30";
        }
    }
}
