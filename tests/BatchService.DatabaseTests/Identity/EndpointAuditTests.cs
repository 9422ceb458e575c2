using System.Net;
using System.Text;

namespace BatchService.DatabaseTests.Identity;

/// <summary>Every endpoint says who may call it; one that is mapped without a word turns a test red.</summary>
public sealed class EndpointAuditTests(IdentityFixture service) : IClassFixture<IdentityFixture>
{
    /// <summary>What anyone may read; it tells nothing about the data.</summary>
    private static readonly string[] s_open =
    [
        "GET /healthz", "GET /readyz", "GET /batch/errors/", "GET /batch/errors/{code}", "GET /batch/capabilities",
        "GET /jobs", "GET /jobs/jobs.css", "GET /jobs/jobs.js",
    ];

    /// <summary>What asks for each entity by itself, by its action: <see cref="PermissionMatrixTests"/> goes through them.</summary>
    private static readonly string[] s_byEntity =
        ["POST /batch", "POST /entities/{entity}/batch", "GET /entities", "GET /entities/{entity}"];

    private IReadOnlyList<ServiceRoute> Routes => ServiceRoutes.Of(service.Services);

    [Fact]
    public void Every_endpoint_names_its_scope_or_is_known_not_to()
    {
        var unguarded = Routes.Where(route => route.Scope is null && !route.IsOpen && !s_byEntity.Contains(route.ToString(), StringComparer.Ordinal));

        Assert.Empty(unguarded);
    }

    [Fact]
    public void What_is_open_is_known_to_be() =>
        Assert.Equal(s_open.Order(StringComparer.Ordinal), Routes.Where(route => route.IsOpen).Select(route => route.ToString()).Order(StringComparer.Ordinal));

    [Fact]
    public void A_scope_is_a_domain_and_what_is_done_there() =>
        Assert.All(Routes.Select(route => route.Scope).OfType<string>(), scope =>
            Assert.Matches("^(batch|attestations|frames|notebooks|jobs|devices|proofs):(read|write|delete|admin)$", scope));

    [Fact]
    public async Task What_is_open_answers_without_a_token_and_with_a_bad_one()
    {
        foreach (var path in new[] { "/healthz", "/readyz", "/batch/errors", "/batch/errors/UNIQUE_VIOLATION", "/batch/capabilities", "/openapi/v1.json", "/swagger/index.html" })
        {
            using var client = service.CreateClient();
            using var without = await client.GetAsync(path);
            Assert.True(without.StatusCode == HttpStatusCode.OK, path);
            client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer nonsense");
            using var with = await client.GetAsync(path);
            Assert.True(with.StatusCode == HttpStatusCode.OK, path);
        }
    }

    [Fact]
    public async Task Without_a_scope_every_endpoint_refuses_and_without_a_token_it_asks_for_one()
    {
        using var scopeless = service.With(TokenText.Of(("scope", "")));
        using var nobody = service.CreateClient();
        foreach (var route in Routes.Where(route => !route.IsOpen))
        {
            using var refused = await SendAsync(scopeless, route);
            using var asked = await SendAsync(nobody, route);

            Assert.True(asked.StatusCode == HttpStatusCode.Unauthorized, $"{route}: {asked.StatusCode}");
            if (route.Scope is not null)
            {
                Assert.True(refused.StatusCode == HttpStatusCode.Forbidden, $"{route}: {refused.StatusCode}");
            }
            else
            {
                Assert.True((int)refused.StatusCode is 200 or 400 or 403 or 404, $"{route}: {refused.StatusCode}");
            }
        }
    }

    [Theory]
    [InlineData("GET", "/nowhere", 404)]
    [InlineData("DELETE", "/batch", 401)]
    public async Task What_is_no_endpoint_tells_nothing(string method, string path, int status)
    {
        using var client = service.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), path);
        using var response = await client.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task The_document_asks_for_a_token_where_one_is_needed()
    {
        var document = System.Text.Json.JsonElement.Parse(await service.CreateClient().GetStringAsync("/openapi/v1.json"));
        var scheme = document.GetProperty("components").GetProperty("securitySchemes").GetProperty("bearer");
        var paths = document.GetProperty("paths");

        Assert.Equal("http bearer", $"{scheme.GetProperty("type").GetString()} {scheme.GetProperty("scheme").GetString()}");
        Assert.True(paths.GetProperty("/batch").GetProperty("post").GetProperty("security")[0].TryGetProperty("bearer", out _));
        Assert.True(paths.GetProperty("/entities/{entity}").GetProperty("get").TryGetProperty("security", out _));
        Assert.False(paths.GetProperty("/batch/capabilities").GetProperty("get").TryGetProperty("security", out _));
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, ServiceRoute route)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(route.Method), route.Path);
        if (route.Method is not ("GET" or "DELETE"))
        {
            request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        }

        return await client.SendAsync(request);
    }
}
