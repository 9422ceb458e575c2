using System.Text;

namespace BatchService.Notebooks;

/// <summary>
/// What it costs to fit an entry into its notebook: the sum of four components, each of which follows from the entry and those at earlier
/// positions alone. Whenever, and by whichever process, it is computed, it is the same.
/// </summary>
/// <param name="EntriesRevised">Entries that it revises: 1 or 0.</param>
/// <param name="ReferencesBroken">What it refers to, or is a fragment of, although that had been revised before or is not there.</param>
/// <param name="CatalogShift">1 - cosine of the notebook's catalog before and after it: from 0, as expected, towards 1, all new.</param>
/// <param name="Orphan">It refers to nothing and resembles none of its neighbours.</param>
internal sealed record IntegrationCost(int EntriesRevised, int ReferencesBroken, double CatalogShift, bool Orphan)
{
    /// <summary>Entries before it that it is compared with.</summary>
    public const int MaxNeighbours = 64;

    /// <summary>Of a notebook's catalog.</summary>
    public const int MaxCatalogTerms = 1_024;

    /// <summary>Texts whose cosine is less do not resemble each other.</summary>
    private const double Resemblance = 0.25;

    private const int Digits = 6;

    /// <summary>The <c>integration_cost</c>; 0 or more.</summary>
    public double Total => Math.Round(EntriesRevised + ReferencesBroken + CatalogShift + (Orphan ? 1 : 0), Digits);

    /// <summary>Measures an entry. The first of a notebook has nothing to be fitted into.</summary>
    /// <param name="catalog">The sum of the vectors of all earlier entries; null for the first.</param>
    /// <param name="neighbours">The vectors of the latest entries before it.</param>
    public static IntegrationCost Of(CostEntry entry, TermVector terms, TermVector? catalog, IEnumerable<TermVector> neighbours)
    {
        var revised = entry.IsRevision ? 1 : 0;
        if (catalog is null)
            return new IntegrationCost(revised, entry.BrokenReferences, 0, Orphan: false);
        return new IntegrationCost(
            revised,
            entry.BrokenReferences,
            ShiftOf(catalog, terms),
            !entry.IsRevision && !entry.HasReferences && !neighbours.Any(other => TermVector.Cosine(terms, other) >= Resemblance));
    }

    /// <summary>The catalog with one more entry in it.</summary>
    public static TermVector Extend(TermVector? catalog, TermVector terms) => TermVector.Sum(catalog ?? TermVector.Empty, terms, MaxCatalogTerms);

    /// <summary>The components as JSON.</summary>
    public string ToJson() => Encoding.UTF8.GetString(NotebookJson.Object(writer =>
    {
        writer.WriteNumber("entries_revised", EntriesRevised);
        writer.WriteNumber("references_broken", ReferencesBroken);
        writer.WriteNumber("catalog_shift", CatalogShift);
        writer.WriteBoolean("orphan", Orphan);
    }).Span);

    /// <summary>An entry without words shifts nothing; the first words of a notebook that had none shift all.</summary>
    private static double ShiftOf(TermVector catalog, TermVector terms) =>
        terms.Terms.Count == 0 ? 0 : Math.Round(1 - TermVector.Cosine(catalog, TermVector.Sum(catalog, terms, int.MaxValue)), Digits);
}

/// <summary>An entry as it is measured.</summary>
/// <param name="Content">Its beginning.</param>
/// <param name="HasReferences">It names other entries: references, or the entry that it is a fragment of.</param>
/// <param name="BrokenReferences">How many of them had been revised before it, or do not exist.</param>
internal sealed record CostEntry(Guid Id, long Position, string Content, bool IsRevision, bool HasReferences, int BrokenReferences);
