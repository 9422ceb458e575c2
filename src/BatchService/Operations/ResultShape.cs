using BatchService.Entities;

namespace BatchService.Operations;

/// <summary>What the rows of an operation can look like, so that a reference to what can never be there is refused before anything runs.</summary>
internal static class ResultShape
{
    public static ReferenceShape Of(PlannedOperation planned, CatalogView catalog)
    {
        if (planned.Entity is not { } entity)
            return ReferenceShape.Anything;
        if (planned.Operation.Action == EntityAction.Assert)
            return ReferenceShape.Of([]);
        if (planned.Operation.Action != EntityAction.Read)
            return OfColumns(entity.ReadableColumns, []);
        var metadata = planned.Operation.MetadataParams;
        if (ReferenceSyntax.MayOccurIn(metadata))
            return ReferenceShape.Anything;
        var parsed = MetadataParser.Parse(planned.Operation, metadata, entity, catalog, _ => false, []);
        return parsed.CountOnly ? ReferenceShape.Of(["count"]) : OfColumns(parsed.Columns, parsed.Embeds);
    }

    private static ReferenceShape OfColumns(IEnumerable<Column> columns, IEnumerable<Embed> embeds)
    {
        var byNesting = columns.ToLookup(IsNested, column => column.Name);
        return ReferenceShape.Of(byNesting[false], byNesting[true].Concat(embeds.Select(embed => embed.Relation.Name)));
    }

    private static bool IsNested(Column column) =>
        column.Type.Family is TypeFamily.Json or TypeFamily.Array or TypeFamily.Composite or TypeFamily.Other;
}
