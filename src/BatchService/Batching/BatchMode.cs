namespace BatchService.Batching;

/// <summary>What becomes of the others when one item fails.</summary>
/// <param name="Atomic">All items in one transaction, or each for itself.</param>
/// <param name="ContinueOnError">Go on after a failure: to find all failures (atomic) or to do what can be done (best effort).</param>
/// <param name="DryRun">Run for real and always roll back.</param>
internal readonly record struct BatchMode(bool Atomic, bool ContinueOnError, bool DryRun = false);
