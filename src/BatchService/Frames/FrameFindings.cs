namespace BatchService.Frames;

/// <summary>
/// Collects what is found in one frame. Bounded, because a few bytes of a hostile frame can be worth a finding each: what goes beyond is
/// counted, and the count is the last finding.
/// </summary>
internal sealed class FrameFindings
{
    /// <summary>Errors, and likewise warnings, that one frame lists.</summary>
    public const int Max = 100;

    private readonly List<FrameError> _errors = [];
    private readonly List<FrameWarning> _warnings = [];
    private int _moreErrors;
    private int _moreWarnings;

    public void InvalidType(FramePlace place, string message) => Add(place, message, "INVALID_TYPE");

    public void InvalidValue(FramePlace place, string message) => Add(place, message, "INVALID_VALUE");

    public void TooBig(FramePlace place, string message) => Add(place, message, "TOO_BIG");

    public void Unknown(FramePlace place, string name)
    {
        if (_warnings.Count < Max)
            _warnings.Add(new FrameWarning(place.Path, $"Unknown field '{name}' will be ignored"));
        else
            _moreWarnings++;
    }

    public FrameValidation ToValidation()
    {
        var root = FramePlace.Root;
        return new FrameValidation(
            _moreErrors == 0 ? _errors : [.. _errors, new FrameError(root.Path, $"{_moreErrors} more errors", "INVALID_VALUE", root.Pointer)],
            _moreWarnings == 0 ? _warnings : [.. _warnings, new FrameWarning(root.Path, $"{_moreWarnings} more unknown fields will be ignored")]);
    }

    private void Add(FramePlace place, string message, string code)
    {
        if (_errors.Count < Max)
            _errors.Add(new FrameError(place.Path, message, code, place.Pointer));
        else
            _moreErrors++;
    }
}
