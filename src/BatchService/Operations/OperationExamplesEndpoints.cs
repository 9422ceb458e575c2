using BatchService.Http;

namespace BatchService.Operations;

/// <summary>The examples of <c>POST /batch</c> in Swagger UI; each runs as it is on the Chinook sample.</summary>
internal static class OperationExamplesEndpoints
{
    public static TBuilder WithOperationExamples<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder
        .WithExample("customer, invoice and two lines by reference", """
            {
              "operations": [
                { "id": "cust", "entity": "customer", "action": "create",
                  "store_params": { "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com" } },
                { "id": "inv", "entity": "invoice", "action": "create",
                  "store_params": { "customer_id": "$ref:cust.customer_id", "invoice_date": "2026-01-31T10:00:00", "total": 1.98 } },
                { "id": "line1", "entity": "invoice_line", "action": "create",
                  "store_params": { "invoice_id": "$ref:inv.invoice_id", "track_id": 1, "unit_price": 0.99, "quantity": 1 } },
                { "id": "line2", "entity": "invoice_line", "action": "create",
                  "store_params": { "invoice_id": "$ref:inv.invoice_id", "track_id": 2, "unit_price": 0.99, "quantity": 1 } }
              ]
            }
            """)
        .WithExample("best effort with a failing operation", """
            {
              "operations": [
                { "id": "good", "entity": "genre", "action": "create", "store_params": { "name": "Dub Techno" } },
                { "id": "bad", "entity": "album", "action": "create", "store_params": { "title": "No such artist", "artist_id": 999999 } },
                { "id": "after", "entity": "track", "action": "update",
                  "query_params": { "album_id": "$ref:bad.album_id" }, "store_params": { "composer": "nobody" } }
              ],
              "options": { "atomic": false, "continueOnError": true }
            }
            """)
        .WithExample("read with filters, sorting and embedding", """
            {
              "operations": [
                { "id": "tracks", "entity": "track", "action": "read",
                  "query_params": { "album.title": "like::*Rock*", "milliseconds": "gt::200000" },
                  "metadata_params": { "sort": "milliseconds:desc", "limit": 3, "properties": "track_id name album:.*" } }
              ]
            }
            """)
        .WithExample("dry run", """
            {
              "operations": [ { "entity": "artist", "action": "create", "store_params": { "name": "Only checked" } } ],
              "options": { "validateOnly": "execute" }
            }
            """);
}
