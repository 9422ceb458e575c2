using System.Text.Json;
using BatchService.Batching;
using BatchService.Http;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>What the endpoints below <c>/notebooks/{id}</c> share: ids in the address, idempotency per address, examples.</summary>
internal static class NotebookRoute
{
    /// <summary>In Swagger UI; POST /notebooks gives a real one.</summary>
    public const string ExampleNotebook = "019aa5c0-0000-7000-8000-000000000001";

    /// <summary>The entry that the second example of the batch creates.</summary>
    public const string ExampleEntry = "019aa5c0-0000-7000-8000-000000000011";

    /// <summary>Only the usual form: one thing has one address.</summary>
    public static bool TryRead(string text, out Guid id) => Guid.TryParseExact(text, "D", out id);

    /// <summary>A call with a body on the notebook of the address.</summary>
    public static async Task RunAsync<T>(
        HttpContext context,
        WriteCall calls,
        string id,
        Func<JsonElement, List<Error>, T> parse,
        Func<Guid, T, NpgsqlConnection, CancellationToken, Task<WriteResult>> write)
    {
        if (!TryRead(id, out var notebook))
            await Problem.WriteAsync(context, [NotebookErrors.NothingHere], context.RequestAborted);
        else
        {
            await calls.RunAsync(
                context, KeyRoute(context), parse, (request, connection, token) => write(notebook, request, connection, token));
        }
    }

    /// <summary>A call without a body on the notebook of the address.</summary>
    public static async Task RunAsync(
        HttpContext context, WriteCall calls, string id, Func<Guid, NpgsqlConnection, CancellationToken, Task<WriteResult>> write)
    {
        if (!TryRead(id, out var notebook))
            await Problem.WriteAsync(context, [NotebookErrors.NothingHere], context.RequestAborted);
        else
            await calls.RunAsync(context, KeyRoute(context), (connection, token) => write(notebook, connection, token));
    }

    public static TBuilder WithNotebookId<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithPathExample("id", ExampleNotebook, "The id that POST /notebooks gave");

    public static TBuilder WithPaging<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder
        .WithQueryParameter("cursor", "", "next_cursor of the page before")
        .WithQueryParameter("limit", "50", "Rows of the page, at most 500");

    /// <summary>What an idempotency key belongs to.</summary>
    public static string KeyRoute(HttpContext context) => $"{context.Request.Method} {context.Request.Path}";
}
