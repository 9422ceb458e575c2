namespace BatchService.Frames;

/// <summary>A frame as far as the atlas knows it.</summary>
/// <param name="Ticks">Its timestamp: .NET ticks in UTC.</param>
/// <param name="ModuleScope">As the frame has it; compared as a set.</param>
internal sealed record AtlasNode(string Id, long Ticks, string Branch, IReadOnlyList<string> ModuleScope);
