using BatchService.Batching;
using BatchService.Entities;

namespace BatchService.Operations;

/// <summary>An operation after the checks that need no data.</summary>
/// <param name="Entity">Null when it is unknown; then there is an error.</param>
/// <param name="References">The places that hold references; none = <paramref name="Command"/> is final.</param>
/// <param name="Command">Null when there are references or errors.</param>
/// <param name="Errors">Everything that is wrong with it; empty = it may run.</param>
internal sealed record PlannedOperation(
    Operation Operation,
    Entity? Entity,
    Caller Caller,
    IReadOnlyList<FoundReference> References,
    OperationCommand? Command,
    IReadOnlyList<Error> Errors);

/// <summary>A batch after the checks: the operations, the order in which they need each other, and what running them needs.</summary>
internal sealed record CheckedBatch(
    IReadOnlyList<PlannedOperation> Operations, DependencyGraph Graph, RequestOptions Options, CompileContext Context, long MaxResolvedBytes)
{
    private readonly Dictionary<string, PlannedOperation> _byId = Operations.ToDictionary(one => one.Operation.Id, StringComparer.Ordinal);

    /// <summary>The operation of that id, which must exist.</summary>
    public PlannedOperation this[string id] => _byId[id];

    public IEnumerable<Error> Errors => Operations.SelectMany(operation => operation.Errors);
}
