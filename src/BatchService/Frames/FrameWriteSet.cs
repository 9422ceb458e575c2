using System.Text.Json;
using BatchService.Batching;
using Npgsql;

namespace BatchService.Frames;

/// <summary>A frame of a job.</summary>
internal sealed record FrameItem(int Index, Frame? Frame) : IBatchItem
{
    /// <summary>Judges a frame as a batch would.</summary>
    public static FrameItem Read(ItemInput input, string pointer, List<Error> errors)
    {
        var validation = FrameValidator.Validate(input.Json);
        errors.AddRange(validation.Errors.Select(error =>
            new Error(ErrorCodes.ValidationFailed, $"{error.Path}: {error.Message}", pointer + error.Pointer)));
        return new FrameItem(input.Index, validation.Valid ? Frame.Of(input.Json) : null);
    }
}

/// <summary>Stores the frames of a job by one statement; of several with the same id the last one stays, and all succeed.</summary>
internal sealed class FrameWriteSet(IReadOnlyList<FrameItem> items) : WriteSet
{
    public override int Count => items.Count;

    public override int IndexOf(int position) => items[position].Index;

    public override NpgsqlBatchCommand ToCommand() => FrameWriter.ToCommand([.. items.Select(item => item.Frame!)], Caller.Subject);

    public override async Task<SetAnswer> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        await reader.ReadAsync(cancellationToken);
        return new SetAnswer([.. Enumerable.Range(0, Count).Select(Stored)]);
    }

    public override Error Blame(int position, Error error) => error with { Index = IndexOf(position), Id = items[position].Frame!.Id };

    public override WriteSet Pick(IReadOnlyList<int> positions) =>
        new FrameWriteSet([.. positions.Select(position => items[position])]) { Caller = Caller };

    public override DividedStatement ToDivided() => FrameWriter.ToDivided([.. items.Select(item => item.Frame!)], Caller.Subject);

    public override ItemOutcome ReadDivided(int position, byte[]? row, string? result) => Stored(position);

    private ItemOutcome Stored(int position)
    {
        using var result = new MemoryStream();
        using (var writer = new Utf8JsonWriter(result, WireJson.Writing))
        {
            writer.WriteStartObject();
            writer.WriteString("id", items[position].Frame!.Id);
            writer.WriteBoolean("success", true);
            writer.WriteEndObject();
        }
        return new ItemOutcome(IndexOf(position), ItemStatus.Completed) { Affected = 1, Id = items[position].Frame!.Id, Rows = [result.ToArray()] };
    }
}
