using BatchService.Http;

namespace BatchService.Entities;

/// <summary>The examples of <c>POST /entities/{entity}/batch</c> in Swagger UI; each runs as it is on the Chinook sample.</summary>
internal static class RowExamplesEndpoints
{
    public static TBuilder WithRowExamples<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder
        .WithPathExample("entity", "invoice_line", "A name from GET /entities")
        .WithQueryParameter("action", "", "NDJSON and CSV: create, upsert, update or delete")
        .WithQueryParameter("atomic", "", "NDJSON and CSV: true (default) or false")
        .WithQueryParameter("continueOnError", "", "NDJSON and CSV: true or false (default)")
        .WithQueryParameter("validateOnly", "", "NDJSON and CSV: static or execute")
        .WithQueryParameter("return", "", "NDJSON and CSV: representation (default) or minimal")
        .WithQueryParameter("results", "", "NDJSON and CSV: all (default) or failed")
        .WithQueryParameter("on_conflict", "", "NDJSON and CSV: the columns of a unique key, separated by commas")
        .WithQueryParameter("on_conflict_action", "", "NDJSON and CSV: merge (default) or ignore")
        .WithExample("two rows", """
            {
              "action": "create",
              "items": [
                { "invoice_id": 1, "track_id": 10, "unit_price": 0.99, "quantity": 1 },
                { "invoice_id": 1, "track_id": 11, "unit_price": 0.99, "quantity": 2 }
              ]
            }
            """)
        .WithExample("best effort with a bad row", """
            {
              "action": "create",
              "items": [
                { "invoice_id": 1, "track_id": 10, "unit_price": 0.99, "quantity": 1 },
                { "invoice_id": 1, "track_id": 999999, "unit_price": 0.99, "quantity": 1 }
              ],
              "options": { "atomic": false, "continueOnError": true }
            }
            """)
        .WithExample("lines", """
            {"invoice_id":1,"track_id":12,"unit_price":0.99,"quantity":1}
            {"invoice_id":1,"track_id":13,"unit_price":0.99,"quantity":1}
            """, RequestMedia.Ndjson, "Fill in the query parameter action: create")
        .WithExample("table", """
            invoice_id,track_id,unit_price,quantity
            1,14,0.99,1
            1,15,0.99,1
            """, RequestMedia.Csv, "Fill in the query parameter action: create. An empty field is NULL, an unquoted \\D a column that the row does not have");
}
