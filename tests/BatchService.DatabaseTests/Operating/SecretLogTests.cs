using System.Net.Http.Headers;
using BatchService.DatabaseTests.Identity;
using BatchService.DatabaseTests.Rows;
using Npgsql;

namespace BatchService.DatabaseTests.Operating;

/// <summary>A session with every kind of secret, while the service logs all that it can: none of them is in the output.</summary>
public sealed class SecretLogTests(RowsFixture fixture) : IClassFixture<RowsFixture>
{
    private const string Password = "PASSWORD-IN-THE-LOG";
    private const string SigningKey = "SIGNING-KEY-IN-THE-LOG, 32 bytes and more";
    private const string WebhookSecret = "whsec_TG9nZ2VkU2VjcmV0TG9nZ2VkU2VjcmV0TG9nZ2Vk";

    [Fact]
    public async Task Nothing_secret_is_logged_even_when_everything_is()
    {
        var role = $"batch_test_log_{Guid.NewGuid():N}";
        await fixture.ExecuteAsync($"CREATE ROLE {role} LOGIN PASSWORD '{Password}' IN ROLE pg_read_all_data, pg_write_all_data");
        try
        {
            var connection = new NpgsqlConnectionStringBuilder(fixture.ServiceConnection) { Username = role, Password = Password };
            string output;
            var token = TokenText.Hmac(
                TokenText.Header("HS256"),
                TokenText.Claims(("scope", "batch:read batch:write batch:delete batch:admin jobs:read jobs:write frames:write frames:read")).ToJsonString(),
                SigningKey);
            await using (var service = await StartAsync(connection.ConnectionString))
            {
                Assert.True(service.Address is not null, service.Output);
                await RunSessionAsync(service.Address, token);
                await service.SignalAsync("TERM");
                await service.WaitForExitAsync();
                output = service.Output;
            }

            // The log is as full as it can be, or what is missing in it proves nothing.
            Assert.Contains("\"Level\":\"Debug\"", output, StringComparison.Ordinal);
            Assert.Contains("batch.audit", output, StringComparison.Ordinal);
            string[] secrets =
            [
                Password, "SIGNING-KEY-IN-THE-LOG", WebhookSecret, WebhookSecret[6..], "REJECTED-VALUE", "STORED-VALUE", "STREAMED-VALUE",
                "KEY-OF-REQUEST", .. token.Split('.'),
            ];
            Assert.All(secrets, secret => Assert.DoesNotContain(secret, output, StringComparison.Ordinal));
        }
        finally
        {
            await fixture.ExecuteAsync($"DROP ROLE {role}");
        }
    }

    private static Task<ServiceProcess> StartAsync(string connection) => ServiceProcess.StartAsync(
        $"ConnectionStrings:Batch={connection}",
        "Auth:Mode=Jwt",
        $"Auth:SigningKey={SigningKey}",
        $"Auth:Issuer={TokenText.Issuer}",
        $"Auth:Audience={TokenText.Audience}",
        $"Webhooks:Secret={WebhookSecret}",
        "Webhooks:AllowLoopback=true",
        "Serilog:MinimumLevel:Default=Verbose",
        "Serilog:MinimumLevel:Override:Microsoft=Verbose",
        "Serilog:MinimumLevel:Override:Microsoft.Hosting.Lifetime=Verbose",
        "Serilog:MinimumLevel:Override:Npgsql=Verbose");

    private static async Task RunSessionAsync(Uri address, string token)
    {
        using var client = new HttpClient { BaseAddress = address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var calls = new List<(string Path, string Body)>
        {
            ("/batch", """{"operations":[{"entity":"word","action":"create","store_params":{"text":"STORED-VALUE"}}]}"""),
            ("/batch", """{"operations":[{"entity":"word","action":"create","store_params":{"text":"","no_such":"REJECTED-VALUE"}}]}"""),
            ("/batch", """{"operations":[{"entity":"word","action":"create","store_params":{"text":{"REJECTED-VALUE":1}}}]}"""),
            ("/batch", """{"operations":[{"entity":"item","action":"create","store_params":{"quantity":"REJECTED-VALUE"}}]}"""),
            ("/batch", "{\"REJECTED-VALUE"),
            ("/entities/word/batch?action=create&atomic=false&continueOnError=true", "{\"text\":\"STREAMED-VALUE\"}\n{\"text\":\"\"}\n"),
            ("/batch/jobs", """{"job_type":"rows","options":{"entity":"word","action":"create"},"callback_url":"http://127.0.0.1:9/hook","items":[{"text":"STORED-VALUE-IN-A-JOB"}]}"""),
            ("/frames/batch", """{"frames":[{"id":"REJECTED-VALUE","timestamp":"REJECTED-VALUE"}]}"""),
        };
        foreach (var (path, body) in calls)
        {
            using var response = await client.PostAsync(path, body, ("Idempotency-Key", $"KEY-OF-REQUEST-{body.Length}"));
            Assert.NotEqual(500, (int)response.StatusCode);
        }

        using var bad = new HttpClient { BaseAddress = address };
        bad.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token[..^6]);
        using var refused = await bad.GetAsync("/batch/audit");
        Assert.Equal(401, (int)refused.StatusCode);
        await RowsWait.UntilAsync(async () =>
        {
            var jobs = System.Text.Json.JsonElement.Parse(await client.GetStringAsync("/batch/jobs")).ToString();
            return jobs.Contains("\"completed\"", StringComparison.Ordinal);
        });
    }
}
