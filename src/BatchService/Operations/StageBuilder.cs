using BatchService.Batching;
using BatchService.Entities;

namespace BatchService.Operations;

/// <summary>Collects the operations of a stage; rows of one shape join into one statement where no operation in between could tell.</summary>
internal sealed class StageBuilder(CheckedBatch batch)
{
    private readonly List<Group> _groups = [];

    /// <summary>How many operations the stage holds.</summary>
    public int Count { get; private set; }

    public void Add(PlannedOperation planned, OperationCommand command, bool mayJoin)
    {
        Count++;
        if (mayJoin && FindGroup(planned, command) is { } group)
        {
            group.Members.Add((planned, command));
            return;
        }
        _groups.Add(new Group([(planned, command)]));
    }

    public IReadOnlyList<WriteSet> ToSets() => [.. _groups.SelectMany(ToSets)];

    private static IEnumerable<WriteSet> ToSets(Group group)
    {
        var first = group.Members[0].Command;
        return first.Set is { } single
            ? [single]
            : RowSets.Arrange(first.Task!, [.. group.Members.Select(member => member.Command.Rows!)]);
    }

    /// <summary>
    /// Looks backwards: a group may be joined when everything added after it may as well run after the newcomer, and when nobody can tell
    /// one statement from several: triggers can, and so can a foreign key into the same table, which is checked at the statement's end.
    /// </summary>
    private Group? FindGroup(PlannedOperation planned, OperationCommand command)
    {
        if (command.Task is not { } task || command.Rows!.Rows.Count != 1 || task.Entity.HasTriggers)
            return null;
        for (var position = _groups.Count - 1; position >= 0; position--)
        {
            var group = _groups[position];
            if (group.Members[0].Command is { Task: { } other, Rows.Rows.Count: 1 } && IsSame(task, other))
                return group.Members.Exists(member => Commutation.MayRefer(member.Planned, task.Entity, task.Entity, batch)) ? null : group;
            if (!group.Members.TrueForAll(member => Commutation.Commute(member.Planned, planned, batch)))
                return null;
        }
        return null;
    }

    private static bool IsSame(RowTask one, RowTask other) =>
        one.Entity == other.Entity
        && one.Action == other.Action
        && ReferenceEquals(one.Caller, other.Caller)
        && one.Representation == other.Representation
        && (one.OnConflict is null
            || (one.OnConflict.Action == other.OnConflict!.Action && one.OnConflict.Columns.SequenceEqual(other.OnConflict.Columns, StringComparer.Ordinal)));

    private sealed record Group(List<(PlannedOperation Planned, OperationCommand Command)> Members);
}
