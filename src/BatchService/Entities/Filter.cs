namespace BatchService.Entities;

/// <summary>One condition of a filter; the conditions of a filter are joined by AND.</summary>
/// <param name="Relation">The way to the entity that <paramref name="Column"/> belongs to; null for the entity's own column.</param>
/// <param name="Target">The entity at the end of the relation.</param>
/// <param name="Values">PostgreSQL input texts: none for the null tests, two for between, any number for in, a pattern for like, otherwise one.</param>
internal sealed record FilterCondition(
    Relation? Relation, Entity? Target, Column Column, FilterOperator Operator, IReadOnlyList<string> Values);
