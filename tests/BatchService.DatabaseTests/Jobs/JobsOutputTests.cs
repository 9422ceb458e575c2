using System.Text.Json;
using BatchService.DatabaseTests.Rows;

namespace BatchService.DatabaseTests.Jobs;

/// <summary>What a job tells of a completed operation is what <c>POST /batch</c> tells of it.</summary>
public sealed class JobsOutputTests(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    private static readonly string[] s_ofTheAnswer = ["index", "status", "statusCode"];

    [Theory]
    [InlineData("representation")]
    [InlineData("minimal")]
    public async Task The_output_of_an_operation_is_what_the_call_tells_of_it(string form)
    {
        var now = await fixture.DefaultCaller.PostAsync("/batch", Body("now"));
        var accepted = await fixture.DefaultCaller.PostAsync("/batch", Body("job"), RowsClient.Json, ("Prefer", "respond-async"));
        await fixture.DefaultCaller.EndAsync(JobsCaller.IdOf(accepted));
        var outputs = (await fixture.DefaultCaller.ItemsAsync(JobsCaller.IdOf(accepted))).Select(item => Shape(item.GetProperty("output_data"))).ToList();

        Assert.Equal(now.Root.GetProperty("results").EnumerateObject().Select(result => Shape(result.Value)), outputs);
        Assert.Contains("\"outcomes\":[\"created\",\"unchanged\"]", outputs[2], StringComparison.Ordinal);
        Assert.All([.. outputs[..4], outputs[5]], output => Assert.Equal(form == "minimal" || output == outputs[5], !output.Contains("\"data\"", StringComparison.Ordinal)));
        Assert.Contains("\"data\":[{\"name\":", outputs[4], StringComparison.Ordinal);

        string Body(string door)
        {
            var name = $"{door}-{form}";
            return JsonSerializer.Serialize(new
            {
                operations = new object[]
                {
                    new { id = "p", entity = "node", action = "create", store_params = new { name = $"{name}-p" } },
                    new { entity = "node", action = "upsert", store_params = new { name = $"{name}-1" }, metadata_params = new { on_conflict = new { columns = new[] { "name" } } } },
                    new
                    {
                        entity = "node",
                        action = "upsert",
                        store_params = new[] { new { name = $"{name}-2" }, new { name = $"{name}-1" } },
                        metadata_params = new { on_conflict = new { columns = new[] { "name" } } },
                        depends_on = new[] { "op_1" },
                    },
                    new { entity = "node", action = "update", query_params = new { name = $"{name}-p" }, store_params = new { parent_id = "$ref:p.node_id" } },
                    new { entity = "node", action = "read", query_params = new { name = $"like::{name}-*" }, metadata_params = new { limit = 1, properties = "name" }, depends_on = new[] { "op_2" } },
                    new { entity = "node", action = "assert", query_params = new { name = $"{name}-p" }, depends_on = new[] { "p" } },
                },
                options = new { atomic = false, continueOnError = true, @return = form },
            });
        }
    }

    [Fact]
    public async Task Rows_that_a_job_does_not_show_are_there_for_the_operations_of_a_later_worker()
    {
        var caller = fixture.NewCaller();
        var id = await caller.RanAsync(new
        {
            job_type = "operations",
            items = new object[]
            {
                new { id = "p", entity = "node", action = "create", store_params = new { name = "hidden-parent" } },
                new { entity = "node", action = "create", store_params = new { name = "hidden-child", parent_id = "$ref:p.node_id" } },
            },
            options = new { @return = "minimal" },
        });
        // As if the worker was lost between the two.
        await fixture.ExecuteAsync($"""
            DELETE FROM node WHERE name = 'hidden-child';
            UPDATE batch.job_result SET results = convert_to(split_part(convert_from(results, 'UTF8'), E'\n', 1) || E'\n', 'UTF8'), last_index = 0
            WHERE batch_job_id = '{id}' AND first_index = 0;
            DELETE FROM batch.job_result WHERE batch_job_id = '{id}' AND first_index > 0;
            UPDATE batch.job SET status = 'processing', completed_at = NULL, expires_at = NULL WHERE batch_job_id = '{id}';
            UPDATE batch.job_part SET status = 'running', lease_until = clock_timestamp() - interval '1 second', processed = 1, success = 1
            WHERE batch_job_id = '{id}';
            """);

        Assert.Equal((2, 0, 0, 0), (await caller.EndAsync(id)).Counts());
        Assert.Equal(1, await fixture.NumberAsync("SELECT count(*) FROM node AS c JOIN node AS p ON p.node_id = c.parent_id AND p.name = 'hidden-parent' WHERE c.name = 'hidden-child'"));
        Assert.All(await caller.ItemsAsync(id), item => Assert.Equal("""{"affected":1}""", item.GetProperty("output_data").GetRawText()));
    }

    /// <summary>Without what tells the answer's operations apart, and without the ids, names and hashes of the rows.</summary>
    private static string Shape(JsonElement output)
    {
        var members = output.EnumerateObject()
            .Where(member => !s_ofTheAnswer.Contains(member.Name, StringComparer.Ordinal))
            .Select(member => $"\"{member.Name}\":{(member.Name == "data" ? Rows(member.Value) : member.Value.GetRawText())}");
        return $"{{{string.Join(',', members)}}}";

        static string Rows(JsonElement rows) =>
            $"[{string.Join(',', rows.EnumerateArray().Select(row => $"{{{string.Join(',', row.EnumerateObject().Select(cell => $"\"{cell.Name}\":"))}}}"))}]";
    }
}
