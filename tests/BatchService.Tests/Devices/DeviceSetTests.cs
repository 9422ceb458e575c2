using BatchService.Batching;
using BatchService.Devices;
using BatchService.Jobs;
using Microsoft.Extensions.Options;

namespace BatchService.Tests.Devices;

/// <summary>How items are arranged into statements, and their secrets kept.</summary>
public class DeviceSetTests
{
    private static readonly Caller s_caller = new("ada", new HashSet<string>(), new HashSet<string>(), "{}");

    private static readonly Enrollments s_enrollments = new(TimeProvider.System, Options.Create(new DevicesOptions()));

    [Theory]
    [InlineData("a b c", "3")]
    [InlineData("a b a", "2 1")]
    [InlineData("a a a", "1 1 1")]
    [InlineData("a b b a", "2 2")]
    [InlineData("", "")]
    public void Writes_a_device_that_comes_again_in_a_statement_of_its_own(string devices, string counts)
    {
        var items = devices.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((device, index) => Item(index, device)).ToList();
        var sets = s_enrollments.Arrange(items, s_caller);
        Assert.Equal(counts, string.Join(' ', sets.Select(set => set.Count)));
        Assert.Equal(items.Select(item => item.Index), sets.SelectMany(set => Enumerable.Range(0, set.Count).Select(set.IndexOf)));
    }

    [Fact]
    public void Sends_hashes_of_tokens_and_never_a_token()
    {
        var item = Item(0, "a") with { CurrentToken = "bsd_the-current-one" };
        var sent = (string)s_enrollments.Arrange([item], s_caller)[0].ToCommand().Parameters[0].Value!;
        Assert.Contains(Convert.ToBase64String(DeviceToken.Hash(item.NewToken)).Replace("+", "\\u002B", StringComparison.Ordinal), sent, StringComparison.Ordinal);
        Assert.DoesNotContain(item.NewToken, sent, StringComparison.Ordinal);
        Assert.DoesNotContain("bsd_the-current-one", sent, StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_tokens_and_nothing_else_out_of_what_a_job_keeps()
    {
        var type = new ItemKindJobType<EnrollmentItem>(s_enrollments);
        Assert.True(type.HasSecrets);
        Assert.Equal(
            """{"device_id":"a","expires_at":"e"}""", Text(type.Redact(Json("""{"device_id":"a","token":"bsd_x","expires_at":"e"}"""))));
        Assert.Equal("""{"device_id":"a"}""", Text(type.RedactInput(Json("""{"device_id":"a","current_token":"bsd_x"}"""), null)));
        Assert.Equal("""["a",null,"b"]""", Text(type.RedactInput(Json("""["a","bsd_x","b"]"""), ["device_id", "current_token", "platform"])));
    }

    [Fact]
    public void Reads_a_record_of_CSV_as_an_object()
    {
        var record = new CsvRecord(["device_id", "app_version", "force"], ["force"], []);
        Assert.Equal("""{"device_id":"true","force":true}""", record.ToJson(["true", "", "true"]).GetRawText());
        Assert.Equal("""{"device_id":"7","force":"yes"}""", record.ToJson(["7", null, "yes"]).GetRawText());
        Assert.Equal("""{"force":false}""", record.ToJson([CsvCell.NotGiven, null, "false"]).GetRawText());
    }

    [Theory]
    [InlineData("""{"lat":1,"a":["x",null]}""", """{"geo":{"lat":1,"a":["x",null]}}""")]
    [InlineData("7", """{"geo":"7"}""")]
    [InlineData("{", """{"geo":"{"}""")]
    [InlineData("{}{}", """{"geo":"{}{}"}""")]
    public void Reads_a_cell_of_CSV_as_an_object_where_it_is_one(string cell, string expected) =>
        Assert.Equal(expected, new CsvRecord(["geo"], [], ["geo"]).ToJson([cell]).GetRawText());

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"a":"\ud800"}""")]
    [InlineData("""{"\udc00":1}""")]
    [InlineData("""{"a":["\u0000"]}""")]
    public void Takes_no_cell_of_CSV_for_an_object_that_no_body_could_hold(string cell) =>
        Assert.Equal(System.Text.Json.JsonValueKind.String, new CsvRecord(["geo"], [], ["geo"]).ToJson([cell]).GetProperty("geo").ValueKind);

    [Fact]
    public void Leaves_out_what_a_download_added_to_a_record_of_CSV() => Assert.Equal(
        """{"device_id":"a"}""", new CsvRecord(["device_id", "error_code", "error_message"], [], []).ToJson(["a", "NOT_FOUND", "why"]).GetRawText());

    [Fact]
    public void Tries_a_taken_shortcode_again_with_another()
    {
        var locks = new ProofLocks(TimeProvider.System, Options.Create(new ProofsOptions()));
        var item = locks.OpenReader(s_caller)(new ItemInput(0, System.Text.Json.JsonElement.Parse(DeviceExamples.Lock)), "", []);
        var set = locks.Arrange([item, item], s_caller)[0];
        var before = (string)set.ToCommand().Parameters[0].Value!;
        Assert.Contains(item.Shortcode, before, StringComparison.Ordinal);
        Assert.DoesNotContain(item.Shortcode, string.Concat(set.ToDivided().Items), StringComparison.Ordinal);
        var outcome = set.ReadDivided(0, "taken"u8.ToArray(), "again");
        Assert.Equal((ItemStatus.Failed, true), (outcome.Status, outcome.Error!.Code.Retryable));
    }

    private static System.Text.Json.JsonElement Json(string text) => System.Text.Json.JsonElement.Parse(text);

    private static string Text(byte[] json) => System.Text.Encoding.UTF8.GetString(json);

    private static EnrollmentItem Item(int index, string device) => new(
        index, device, new byte[32], "ios", null, null, false, DeviceToken.Create(), default, default, default, $"/items/{index}");
}
