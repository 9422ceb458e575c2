using System.Text.Json;
using BatchService.Batching;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.Http;

/// <summary>
/// A call that writes in one transaction: reads and checks the JSON body, honours <c>Idempotency-Key</c> and the deadline, answers. For
/// everything that is not a batch of its own kind.
/// </summary>
internal sealed class WriteCall(AtomicWrite writes, IOptions<BatchOptions> limits)
{
    /// <summary>Runs a call with a JSON body.</summary>
    /// <param name="route">What an idempotency key belongs to: the method and the address.</param>
    /// <param name="parse">Body → request; adds what is wrong to the list, and may then return anything.</param>
    /// <param name="write">Runs inside the transaction, and again if that is rolled back for reasons of others.</param>
    public async Task RunAsync<T>(
        HttpContext context,
        string route,
        Func<JsonElement, List<Error>, T> parse,
        Func<T, NpgsqlConnection, CancellationToken, Task<WriteResult>> write)
    {
        using var deadline = RequestDeadline.Start(context, limits.Value);
        using var json = await JsonBody.ReadAsync(context.Request, limits.Value.MaxBodyBytes, deadline.Token);
        if (json.Error is { } unreadable)
        {
            await Problem.WriteAsync(context, [unreadable], context.RequestAborted);
            return;
        }

        var errors = new List<Error>();
        var request = parse(json.Root, errors);
        var (key, keyError) = IdempotencyHeader.Read(context, route, json.Bytes.Span);
        if (keyError is not null)
        {
            errors.Add(keyError);
        }

        if (errors.Count > 0)
        {
            await Problem.WriteAsync(context, errors, context.RequestAborted);
            return;
        }

        await AnswerAsync(context, key, (connection, token) => write(request, connection, token), deadline.Token);
    }

    /// <summary>Runs a call that says everything in its address: its body is empty, or <c>{}</c>.</summary>
    public async Task RunAsync(HttpContext context, string route, Func<NpgsqlConnection, CancellationToken, Task<WriteResult>> write)
    {
        using var deadline = RequestDeadline.Start(context, limits.Value);
        var (body, bodyErrors) = await JsonBody.ReadNothingAsync(context.Request, limits.Value.MaxBodyBytes, deadline.Token);
        var (key, keyError) = IdempotencyHeader.Read(context, route, body);
        IReadOnlyList<Error> errors = keyError is null ? bodyErrors : [.. bodyErrors, keyError];
        if (errors.Count > 0)
        {
            await Problem.WriteAsync(context, errors, context.RequestAborted);
            return;
        }

        await AnswerAsync(context, key, write, deadline.Token);
    }

    private async Task AnswerAsync(
        HttpContext context, IdempotencyKey? key, Func<NpgsqlConnection, CancellationToken, Task<WriteResult>> write, CancellationToken cancellationToken)
    {
        var result = await writes.RunAsync(key, context.GetCaller(), write, cancellationToken);
        if (result.Answer is { } answer)
        {
            var isWanted = context.GetPreferences().Minimal != true || answer.Status >= StatusCodes.Status400BadRequest;
            await StoredAnswerWriter.WriteAsync(context, isWanted ? answer : answer with { Body = default }, context.RequestAborted);
            return;
        }

        await Problem.WriteAsync(context, result.Errors, context.RequestAborted);
    }
}
