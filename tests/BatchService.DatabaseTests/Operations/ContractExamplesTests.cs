namespace BatchService.DatabaseTests.Operations;

/// <summary>The examples of the contract's section 2 and of the document that the endpoint comes from, on Chinook.</summary>
public sealed class ContractExamplesTests(OperationsFixture service) : IClassFixture<OperationsFixture>
{
    [Fact]
    public async Task Creates_a_customer_and_an_invoice_that_references_it()
    {
        var reply = (await service.Client.PostBatchAsync("""
            {
              "operations": [
                {
                  "id": "create_customer", "entity": "customer", "action": "create",
                  "store_params": { "first_name": "John", "last_name": "Doe", "email": "john@example.com" }
                },
                {
                  "id": "create_invoice", "entity": "invoice", "action": "create",
                  "store_params": { "customer_id": "$ref:create_customer.customer_id", "invoice_date": "2024-11-11T10:00:00", "total": 100.00 },
                  "depends_on": ["create_customer"]
                }
              ]
            }
            """)).Expect(200);

        Assert.Equal("create_customer:completed create_invoice:completed", reply.States);
        Assert.Equal(1, await service.NumberAsync("""
            SELECT count(*) FROM invoice JOIN customer USING (customer_id)
            WHERE email = 'john@example.com' AND total = 100 AND invoice_date = '2024-11-11T10:00:00'
            """));
    }

    [Fact]
    public async Task Reads_a_balance_and_pays_it()
    {
        var reply = (await service.Client.PostBatchAsync("""
            {
              "operations": [
                { "id": "check_balance", "entity": "invoice", "action": "read", "query_params": { "invoice_id": 42 } },
                {
                  "id": "create_payment", "entity": "invoice_line", "action": "create",
                  "store_params": { "invoice_id": 42, "track_id": 1, "unit_price": "$ref:check_balance.total", "quantity": 1 },
                  "depends_on": ["check_balance"]
                }
              ],
              "options": { "atomic": true }
            }
            """)).Expect(200);

        Assert.Equal(reply.Row("check_balance").GetProperty("total").GetDecimal(), reply.Row("create_payment").GetProperty("unit_price").GetDecimal());
        Assert.Equal(1, await service.NumberAsync("SELECT count(*) FROM invoice_line JOIN invoice USING (invoice_id) WHERE invoice_id = 42 AND unit_price = total"));
    }

    [Fact]
    public async Task Takes_every_field_and_option_of_the_contracts_request()
    {
        var reply = (await service.Client.PostBatchAsync("""
            {
              "operations": [
                { "id": "cust", "entity": "customer", "action": "update",
                  "store_params": { "city": "Oslo" },
                  "query_params": { "customer_id": 4 },
                  "metadata_params": { "expect_affected": 1 },
                  "depends_on": ["other"],
                  "claims": { "sub": "dev" } },
                { "id": "other", "entity": "customer", "action": "assert", "query_params": { "customer_id": 4 }, "metadata_params": { "expect": 1 } }
              ],
              "options": { "atomic": true, "continueOnError": false, "validateOnly": false, "return": "representation" }
            }
            """)).Expect(200);

        Assert.Equal("cust:completed other:completed", reply.States);
        Assert.Equal("Oslo", await service.TextAsync("SELECT city FROM customer WHERE customer_id = 4"));
    }

    [Fact]
    public async Task Runs_every_action_in_one_batch()
    {
        var reply = (await service.Client.RunAsync("""
            { "id": "create", "entity": "genre", "action": "create", "store_params": { "name": "Every action" } },
            { "id": "read", "entity": "genre", "action": "read", "query_params": { "genre_id": "$ref:create.genre_id" } },
            { "id": "update", "entity": "genre", "action": "update", "query_params": { "genre_id": "$ref:read.genre_id" }, "store_params": { "name": "Updated" } },
            { "id": "upsert", "entity": "genre", "action": "upsert", "store_params": { "genre_id": "$ref:update.genre_id", "name": "Upserted" } },
            { "id": "assert", "entity": "genre", "action": "assert", "query_params": { "genre_id": "$ref:upsert.genre_id", "name": "Upserted" } },
            { "id": "delete", "entity": "genre", "action": "delete", "query_params": { "genre_id": "$ref:create.genre_id" }, "depends_on": ["assert"] }
            """)).Expect(200);

        Assert.Equal([201, 200, 200, 200, 200, 200], reply.Body.GetProperty("results").EnumerateObject().Select(result => result.Value.GetProperty("statusCode").GetInt32()));
        Assert.Equal("Upserted", reply.Row("delete").GetProperty("name").GetString());
        Assert.Equal(0, await service.NumberAsync("SELECT count(*) FROM genre WHERE name IN ('Every action', 'Updated', 'Upserted')"));
    }

    [Theory]
    [InlineData("{}", 404, 0)]
    [InlineData("""{ "atomic": false, "continueOnError": true }""", 207, 1)]
    public async Task Rolls_back_or_goes_on_after_an_update_of_nothing(string options, int status, int stored)
    {
        var reply = (await service.Client.RunAsync($$"""
            { "id": "good", "entity": "playlist", "action": "create", "store_params": { "name": "Good {{status}}" } },
            { "id": "nothing", "entity": "playlist", "action": "update", "query_params": { "playlist_id": 999999 }, "store_params": { "name": "x" } }
            """, options)).Expect(status);

        Assert.Equal("No records were modified", reply.Result("nothing").GetProperty("error").GetString());
        Assert.Equal(stored, await service.NumberAsync($"SELECT count(*) FROM playlist WHERE name = 'Good {status}'"));
    }
}
