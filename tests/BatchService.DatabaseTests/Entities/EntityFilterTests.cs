using Npgsql;

namespace BatchService.DatabaseTests.Entities;

/// <summary>Five rows with a column for each kind of type that a filter can compare; the last row holds nothing but its key.</summary>
public sealed class EntityFilterFixture : ServiceFixture
{
    protected override Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken) => database.ExecuteAsync("""
        CREATE TYPE size AS ENUM ('small', 'medium', 'large');
        CREATE DOMAIN even AS integer CHECK (VALUE % 2 = 0);
        CREATE TABLE thing (
            id integer PRIMARY KEY, i integer, n numeric(10, 2), t text, d date, ts timestamp, tz timestamptz, u uuid, b boolean,
            c char(5), v varchar(12), s size, e even, j json, jb jsonb, tags text[], f double precision, r int4range, ip inet, bin bytea);
        INSERT INTO thing VALUES
            (1, 10, 1.50, 'alpha', '2024-01-01', '2024-01-01 10:00', '2024-01-01 10:00+00', '00000000-0000-0000-0000-00000000000a', true,
             'ab', 'one', 'small', 2, '{"a": 1}', '{"a": 1}', '{x,y}', 1.5, '[1,5)', '10.0.0.1', '\x00ff'),
            (2, 20, 2.50, '100% sure', '2024-06-15', '2024-06-15 12:30', '2024-06-15 12:30+00', '00000000-0000-0000-0000-00000000000b', false,
             'cd', 'two', 'large', 4, '{"a": 2}', '{"a": 2}', '{"a,b"}', 2.5, '[5,9)', '10.0.0.2', '\x01'),
            (3, 30, 3.50, 'a_b\c', '2024-12-31', '2024-12-31 23:59:59.123456', '2024-12-31 23:59:59+00', '00000000-0000-0000-0000-00000000000c', true,
             'ef', 'Ärger', 'medium', 6, '[]', '[]', '{}', 3.5, 'empty', '::1', '\x'),
            (4, -40, -4.00, 'ALPHA*?', '0001-01-01', '1999-01-01 00:00', '1999-01-01 00:00+00', '00000000-0000-0000-0000-00000000000d', false,
             'gh', 'a::b', 'small', 8, 'null', 'null', '{NULL}', -4, '[1,5)', '10.0.0.0/8', '\x02'),
            (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
        """);
}

public sealed class EntityFilterTests(EntityFilterFixture fixture) : IClassFixture<EntityFilterFixture>
{
    [Theory]
    // Numbers, as JSON numbers and as texts.
    [InlineData("""{"i": 20}""", "2")]
    [InlineData("""{"i": "20"}""", "2")]
    [InlineData("""{"i": "eq::20"}""", "2")]
    [InlineData("""{"i": "ne::20"}""", "1 3 4")]
    [InlineData("""{"i": "lt::20"}""", "1 4")]
    [InlineData("""{"i": "le::20"}""", "1 2 4")]
    [InlineData("""{"i": "gt::20"}""", "3")]
    [InlineData("""{"i": "ge::20"}""", "2 3")]
    [InlineData("""{"i": "ge::-40"}""", "1 2 3 4")]
    [InlineData("""{"i": "between::10,20"}""", "1 2")]
    [InlineData("""{"i": "between::[10, 20]"}""", "1 2")]
    [InlineData("""{"i": "not-between::10,20"}""", "3 4")]
    [InlineData("""{"i": "in::10,30"}""", "1 3")]
    [InlineData("""{"i": "in::10, 30 ,99"}""", "1 3")]
    [InlineData("""{"i": "in::[10, \"30\"]"}""", "1 3")]
    [InlineData("""{"i": [10, 30]}""", "1 3")]
    [InlineData("""{"i": []}""", "")]
    [InlineData("""{"i": "in::"}""", "")]
    [InlineData("""{"i": "in::[]"}""", "")]
    [InlineData("""{"i": "not-in::10,30"}""", "2 4")]
    [InlineData("""{"n": 2.5}""", "2")]
    [InlineData("""{"n": "gt::2.499999999999999999999999999"}""", "2 3")]
    [InlineData("""{"n": "lt::99999999999999999999"}""", "1 2 3 4")]
    [InlineData("""{"n": "between::-4,1.5"}""", "1 4")]
    [InlineData("""{"f": "ge::2.5"}""", "2 3")]
    // Texts.
    [InlineData("""{"t": "alpha"}""", "1")]
    [InlineData("""{"t": "Alpha"}""", "")]
    [InlineData("""{"t": "ge::a"}""", "1 3")]
    [InlineData("""{"t": "in::alpha,100% sure"}""", "1 2")]
    [InlineData("""{"v": "eq::a::b"}""", "4")]
    [InlineData("""{"v": "::a"}""", "")]
    [InlineData("""{"v": "a b::c"}""", "")]
    [InlineData("""{"ip": "::1"}""", "3")]
    [InlineData("""{"v": "longer than the column could ever hold"}""", "")]
    [InlineData("""{"v": "ne::longer than the column could ever hold"}""", "1 2 3 4")]
    [InlineData("""{"c": "ab"}""", "1")]
    // Wildcards.
    [InlineData("""{"t": "like::a*"}""", "1 3")]
    [InlineData("""{"t": "like::*a"}""", "1")]
    [InlineData("""{"t": "like::?lpha"}""", "1")]
    [InlineData("""{"t": "like::alpha"}""", "1")]
    [InlineData("""{"t": "like::*%*"}""", "2")]
    [InlineData("""{"t": "like::a_b*"}""", "3")]
    [InlineData("""{"t": "like::*\\*"}""", "3")]
    [InlineData("""{"t": "like::_____"}""", "")]
    [InlineData("""{"t": "like::%"}""", "")]
    [InlineData("""{"t": "not-like::a*"}""", "2 4")]
    [InlineData("""{"t": "ilike::ALPHA*"}""", "1 4")]
    [InlineData("""{"v": "ilike::äRG*"}""", "3")]
    [InlineData("""{"i": "like::*0"}""", "1 2 3 4")]
    [InlineData("""{"c": "like::?b"}""", "1")]
    // Days and times.
    [InlineData("""{"d": "2024-06-15"}""", "2")]
    [InlineData("""{"d": "lt::2024-06-15"}""", "1 4")]
    [InlineData("""{"d": "between::2024-01-01,2024-12-30"}""", "1 2")]
    [InlineData("""{"d": "in::[\"2024-01-01\", \"0001-01-01\"]"}""", "1 4")]
    [InlineData("""{"ts": "2024-12-31T23:59:59.123456"}""", "3")]
    [InlineData("""{"ts": "gt::2024-06-15 12:30:00"}""", "3")]
    [InlineData("""{"tz": "2024-06-15T14:30:00+02:00"}""", "2")]
    [InlineData("""{"tz": "ge::2024-06-15T12:30:00Z"}""", "2 3")]
    // Others.
    [InlineData("""{"u": "00000000-0000-0000-0000-00000000000B"}""", "2")]
    [InlineData("""{"u": "gt::00000000-0000-0000-0000-00000000000b"}""", "3 4")]
    [InlineData("""{"u": "in::00000000-0000-0000-0000-00000000000a,00000000-0000-0000-0000-00000000000d"}""", "1 4")]
    [InlineData("""{"b": true}""", "1 3")]
    [InlineData("""{"b": "eq::false"}""", "2 4")]
    [InlineData("""{"b": "ne::true"}""", "2 4")]
    [InlineData("""{"s": "small"}""", "1 4")]
    [InlineData("""{"s": "ge::medium"}""", "2 3")]
    [InlineData("""{"s": "in::small,large"}""", "1 2 4")]
    [InlineData("""{"e": 4}""", "2")]
    [InlineData("""{"e": 3}""", "")]
    [InlineData("""{"e": "gt::3"}""", "2 3 4")]
    [InlineData("""{"e": "in::2,3,4"}""", "1 2")]
    [InlineData("""{"j": {"a": 1}}""", "1")]
    [InlineData("""{"jb": {"a": 2}}""", "2")]
    [InlineData("""{"jb": []}""", "3")]
    [InlineData("""{"tags": ["x", "y"]}""", "1")]
    [InlineData("""{"tags": ["a,b"]}""", "2")]
    [InlineData("""{"tags": []}""", "3")]
    [InlineData("""{"r": "[1,5)"}""", "1 4")]
    [InlineData("""{"ip": "10.0.0.2"}""", "2")]
    [InlineData("""{"bin": "AP8="}""", "1")]
    // Nulls: no comparison finds them, the null tests do.
    [InlineData("""{"i": null}""", "5")]
    [InlineData("""{"i": "is-null::"}""", "5")]
    [InlineData("""{"i": "is-null::true"}""", "5")]
    [InlineData("""{"i": "is-null::false"}""", "1 2 3 4")]
    [InlineData("""{"i": "not-null::"}""", "1 2 3 4")]
    [InlineData("""{"jb": null}""", "5")]
    [InlineData("""{"tags": "not-null::"}""", "1 2 3 4")]
    // Several are joined by AND.
    [InlineData("""{"b": true, "i": "gt::10"}""", "3")]
    [InlineData("""{}""", "1 2 3 4 5")]
    public async Task Finds_the_rows_that_a_filter_means(string query, string expected)
    {
        var answer = await fixture.Client.OneAsync($$"""{"entity": "thing", "action": "read", "query_params": {{query}}}""");

        Assert.Equal(expected, answer.Expect(200).Column("id"));
    }

    [Theory]
    [InlineData("""{"i": "abc"}""", 422, "TYPE_INVALID", "/operations/0/query_params/i")]
    [InlineData("""{"i": "gt::abc"}""", 422, "TYPE_INVALID", "/operations/0/query_params/i")]
    [InlineData("""{"i": true}""", 422, "TYPE_INVALID", "/operations/0/query_params/i")]
    [InlineData("""{"i": {"gt": 1}}""", 422, "TYPE_INVALID", "/operations/0/query_params/i")]
    [InlineData("""{"i": 3000000000}""", 422, "NUMERIC_OUT_OF_RANGE", "/operations/0/query_params/i")]
    [InlineData("""{"d": "2024-02-30"}""", 422, "TYPE_INVALID", "/operations/0/query_params/d")]
    [InlineData("""{"u": "123"}""", 422, "TYPE_INVALID", "/operations/0/query_params/u")]
    [InlineData("""{"b": 1}""", 422, "TYPE_INVALID", "/operations/0/query_params/b")]
    [InlineData("""{"s": "huge"}""", 422, "TYPE_INVALID", "/operations/0/query_params/s")]
    [InlineData("""{"i": "in::1,,2"}""", 422, "TYPE_INVALID", "/operations/0/query_params/i")]
    [InlineData("""{"i": "within::1"}""", 400, "FILTER_INVALID", "/operations/0/query_params/i")]
    [InlineData("""{"t": "LIKE::a*"}""", 400, "FILTER_INVALID", "/operations/0/query_params/t")]
    [InlineData("""{"t": "not_in::x"}""", 400, "FILTER_INVALID", "/operations/0/query_params/t")]
    [InlineData("""{"t": "is_null::"}""", 400, "FILTER_INVALID", "/operations/0/query_params/t")]
    [InlineData("""{"t": "not_like::a*"}""", 400, "FILTER_INVALID", "/operations/0/query_params/t")]
    [InlineData("""{"t": "foo::bar"}""", 400, "FILTER_INVALID", "/operations/0/query_params/t")]
    [InlineData("""{"i": "between::1"}""", 400, "FILTER_INVALID", "/operations/0/query_params/i")]
    [InlineData("""{"i": "between::1,2,3"}""", 400, "FILTER_INVALID", "/operations/0/query_params/i")]
    [InlineData("""{"i": "in::[1, 2"}""", 400, "FILTER_INVALID", "/operations/0/query_params/i")]
    [InlineData("""{"i": "in::[1, null]"}""", 400, "FILTER_INVALID", "/operations/0/query_params/i")]
    [InlineData("""{"i": "is-null::maybe"}""", 400, "FILTER_INVALID", "/operations/0/query_params/i")]
    [InlineData("""{"nope": 1}""", 422, "COLUMN_UNKNOWN", "/operations/0/query_params/nope")]
    [InlineData("""{"nope.id": 1}""", 422, "COLUMN_UNKNOWN", "/operations/0/query_params/nope.id")]
    [InlineData("""{"I": 1}""", 422, "COLUMN_UNKNOWN", "/operations/0/query_params/I")]
    [InlineData("""{"a/b~c": 1}""", 422, "COLUMN_UNKNOWN", "/operations/0/query_params/a~1b~0c")]
    public async Task Refuses_a_filter_that_means_nothing(string query, int status, string code, string place)
    {
        var answer = await fixture.Client.OneAsync($$"""{"entity": "thing", "action": "read", "query_params": {{query}}}""");

        Assert.Equal(place, answer.ExpectError(status, code).Pointer);
    }

    [Fact]
    public async Task Names_the_known_operators_when_one_is_misspelt()
    {
        var answer = await fixture.Client.OneAsync("""{"entity": "thing", "action": "read", "query_params": {"t": "LIKE::a*"} }""");

        Assert.Contains("like, not-like, ilike", answer.ExpectError(400, "FILTER_INVALID").Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"tags": "in::[[\"x\", \"y\"], []]"}""")]
    [InlineData("""{"j": "gt::1"}""")]
    [InlineData("""{"b": "like::t*"}""")]
    [InlineData("""{"r": "[1,"}""")]
    [InlineData("""{"r": "[x,y)"}""")]
    [InlineData("""{"ip": "lt::10.0.0.2"}""")]
    [InlineData("""{"jb": "in::[{\"a\": 1}]"}""")]
    [InlineData("""{"bin": "like::*"}""")]
    public async Task An_operator_that_hardly_fits_the_type_never_is_a_fault_of_the_service(string query)
    {
        var answer = await fixture.Client.OneAsync($$"""{"entity": "thing", "action": "read", "query_params": {{query}}}""");

        Assert.InRange(answer.Status, 200, 499);
    }

    [Fact]
    public async Task Reports_every_wrong_filter_of_every_operation_at_once()
    {
        var answer = await fixture.Client.ManyAsync(
            """{"entity": "thing", "action": "read", "query_params": {"i": "x", "nope": 1}}""",
            """{"entity": "thing", "action": "read", "query_params": {"d": "between::1"}}""");

        Assert.Equal(
            [
                "TYPE_INVALID /operations/0/query_params/i", "COLUMN_UNKNOWN /operations/0/query_params/nope",
                "TYPE_INVALID /operations/1/query_params/d",
            ],
            answer.Problems);
    }
}
