using System.Buffers;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Benchmarks;

/// <summary>Rows of Chinook's invoice_line, all good, the same for service and baselines; the database gives the keys.</summary>
internal static class InvoiceLines
{
    public const string CopySql = "COPY invoice_line (invoice_id, track_id, unit_price, quantity) FROM STDIN (FORMAT binary)";

    private const string InsertSql = "INSERT INTO invoice_line (invoice_id, track_id, unit_price, quantity) VALUES ($1, $2, $3, $4)";

    /// <summary>The sample's invoices and tracks have the keys from 1.</summary>
    private const int Invoices = 412;
    private const int Tracks = 3503;

    public static (int Invoice, int Track, decimal Price, int Quantity) At(int index) =>
        (1 + (index % Invoices), 1 + (int)(index * 7L % Tracks), 0.99m, 1 + (index % 3));

    /// <summary>The body of <c>POST /entities/invoice_line/batch</c> that creates rows from <paramref name="first"/> on.</summary>
    public static byte[] Body(int first, int count, bool minimal)
    {
        var wanted = minimal ? "minimal" : "representation";
        var body = new StringBuilder($$"""{"action":"create","options":{"return":"{{wanted}}"},"items":[""");
        for (var index = first; index < first + count; index++)
        {
            body.Append(index > first ? "," : "").Append(Json(index));
        }

        return Encoding.UTF8.GetBytes(body.Append("]}").ToString());
    }

    /// <summary>Rows as lines of NDJSON.</summary>
    public static void WriteLines(IBufferWriter<byte> target, int first, int count)
    {
        for (var index = first; index < first + count; index++)
        {
            Encoding.UTF8.GetBytes(Json(index), target);
            target.Write("\n"u8);
        }
    }

    /// <summary>Writes rows by binary COPY and commits them.</summary>
    public static async Task<int> CopyAsync(NpgsqlConnection connection, int first, int count, CancellationToken cancellationToken)
    {
        await using var writer = await connection.BeginBinaryImportAsync(CopySql, cancellationToken);
        for (var index = first; index < first + count; index++)
        {
            var (invoice, track, price, quantity) = At(index);
            await writer.StartRowAsync(cancellationToken);
            await writer.WriteAsync(invoice, NpgsqlDbType.Integer, cancellationToken);
            await writer.WriteAsync(track, NpgsqlDbType.Integer, cancellationToken);
            await writer.WriteAsync(price, NpgsqlDbType.Numeric, cancellationToken);
            await writer.WriteAsync(quantity, NpgsqlDbType.Integer, cancellationToken);
        }

        return (int)await writer.CompleteAsync(cancellationToken);
    }

    /// <summary>Writes one row by a prepared INSERT that is a transaction of its own.</summary>
    public static async Task<int> InsertAsync(NpgsqlConnection connection, int index, CancellationToken cancellationToken)
    {
        var (invoice, track, price, quantity) = At(index);
        await using var command = new NpgsqlCommand(InsertSql, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<int> { TypedValue = invoice },
                new NpgsqlParameter<int> { TypedValue = track },
                new NpgsqlParameter<decimal> { TypedValue = price },
                new NpgsqlParameter<int> { TypedValue = quantity },
            },
        };
        await command.PrepareAsync(cancellationToken);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Json(int index)
    {
        var (invoice, track, price, quantity) = At(index);
        return $$"""{"invoice_id":{{invoice}},"track_id":{{track}},"unit_price":{{price}},"quantity":{{quantity}}}""";
    }
}
