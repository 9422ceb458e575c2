namespace BatchService.Frames;

/// <summary>Two frames that have to do with each other; nodes by number, the smaller first.</summary>
internal readonly record struct AtlasEdge(int From, int To, double Weight, string Reason);
