using BatchService.Batching;

namespace BatchService.Http;

/// <summary>The preferences that the service knows; a set, for saying which of them an endpoint honoured.</summary>
[Flags]
internal enum Preference
{
    None = 0,
    RespondAsync = 1,
    Wait = 2,
    Return = 4,
    Handling = 8,
    MultiStatus = 16,
}

/// <summary>What <c>Prefer</c> (RFC 7240) asks for, over all its lines; the first instance of a preference counts.</summary>
/// <param name="Wait">How long the client is ready to wait; null when it does not say.</param>
/// <param name="Minimal">True for <c>return=minimal</c>, false for <c>return=representation</c>, null when it does not say.</param>
/// <param name="Lenient">True for <c>handling=lenient</c>, false for <c>handling=strict</c>, null when it does not say.</param>
/// <param name="MultiStatusOk"><c>multi-status=200</c>: 200 in place of 207.</param>
internal sealed record Preferences(bool RespondAsync, TimeSpan? Wait, bool? Minimal, bool? Lenient, bool MultiStatusOk)
{
    public static readonly Preferences None = new(false, null, null, null, false);

    /// <summary>What every call that writes honours; where nothing can be a 207, <c>multi-status=200</c> is.</summary>
    public const Preference OfWrites = Preference.Return | Preference.Handling | Preference.MultiStatus | Preference.Wait;

    /// <summary>What batches honour.</summary>
    public const Preference OfBatches = OfWrites | Preference.RespondAsync;

    private const int MaxWaitDigits = 6;

    private static readonly (Preference Kind, string Text)[] s_forms =
    [
        (Preference.Return, "return=minimal"),
        (Preference.Return, "return=representation"),
        (Preference.Handling, "handling=strict"),
        (Preference.Handling, "handling=lenient"),
        (Preference.MultiStatus, "multi-status=200"),
        (Preference.RespondAsync, "respond-async"),
        (Preference.Wait, "wait"),
    ];

    /// <summary>
    /// Parses all <c>Prefer</c> lines. Unknown or malformed ones are errors, unless <c>handling=lenient</c> is among them.
    /// </summary>
    public static (Preferences Preferences, IReadOnlyList<Error> Errors) Parse(IEnumerable<string?> lines)
    {
        var result = None;
        var seen = Preference.None;
        var errors = new List<Error>();
        foreach (var line in lines)
        {
            if (PreferHeader.Split(line ?? "") is not { } items)
            {
                errors.Add(new Error(ErrorCodes.FieldInvalid, "The header Prefer cannot be read (RFC 7240)."));
                continue;
            }

            foreach (var item in items)
            {
                var (kind, next) = result.With(item);
                if (kind == Preference.None || next is null || item.HasParameters)
                {
                    errors.Add(Refuse(item, kind));
                }
                else if ((seen & kind) == Preference.None)
                {
                    (seen, result) = (seen | kind, next);
                }
            }
        }

        return (result, result.Lenient == true ? [] : errors);
    }

    /// <summary>Every form of these preferences, as it is written.</summary>
    public static IReadOnlyList<string> FormsOf(Preference set) => [.. s_forms.Where(form => set.HasFlag(form.Kind)).Select(form => form.Text)];

    /// <summary>
    /// Says in <c>Preference-Applied</c> which of the preferences given were honoured; nothing where the answer is a refusal, and
    /// <c>respond-async</c> only where it did come later.
    /// </summary>
    public void Confirm(HttpResponse response, Preference honoured)
    {
        if (response.StatusCode >= StatusCodes.Status400BadRequest)
        {
            return;
        }

        if (response.StatusCode != StatusCodes.Status202Accepted)
        {
            honoured &= ~Preference.RespondAsync;
        }

        var applied = string.Join(", ", Given().Where(pair => honoured.HasFlag(pair.Kind)).Select(pair => pair.Text));
        if (applied.Length > 0)
        {
            response.Headers["Preference-Applied"] = applied;
            response.Headers.Append("Vary", "Prefer");
        }
    }

    /// <summary>An error for each preference given that the endpoint does not honour; none under <c>handling=lenient</c>.</summary>
    public IReadOnlyList<Error> Refusals(Preference honoured) => Lenient == true
        ? []
        : [.. Given()
            .Where(pair => !honoured.HasFlag(pair.Kind))
            .Select(pair => new Error(
                ErrorCodes.FieldInvalid, $"The preference '{pair.Text}' is not honoured here; handling=lenient ignores it."))];

    /// <summary>Which preference an item is (None: unknown), and this record with it (null: the value is not one that it takes).</summary>
    private (Preference Kind, Preferences? Next) With(PreferItem item) => item.Name switch
    {
        "respond-async" => (Preference.RespondAsync, item.Value.Length == 0 ? this with { RespondAsync = true } : null),
        "wait" => (Preference.Wait, Seconds(item.Value) is { } wait ? this with { Wait = wait } : null),
        "return" => (Preference.Return, Choice(item.Value, "minimal", "representation") is { } yes ? this with { Minimal = yes } : null),
        "handling" => (Preference.Handling, Choice(item.Value, "lenient", "strict") is { } yes ? this with { Lenient = yes } : null),
        "multi-status" => (Preference.MultiStatus, item.Value == "200" ? this with { MultiStatusOk = true } : null),
        _ => (Preference.None, null),
    };

    private IEnumerable<(Preference Kind, string Text)> Given()
    {
        if (RespondAsync)
        {
            yield return (Preference.RespondAsync, "respond-async");
        }

        if (Wait is { } wait)
        {
            yield return (Preference.Wait, $"wait={(int)wait.TotalSeconds}");
        }

        if (Minimal is { } minimal)
        {
            yield return (Preference.Return, minimal ? "return=minimal" : "return=representation");
        }

        if (Lenient is { } lenient)
        {
            yield return (Preference.Handling, lenient ? "handling=lenient" : "handling=strict");
        }

        if (MultiStatusOk)
        {
            yield return (Preference.MultiStatus, "multi-status=200");
        }
    }

    private static TimeSpan? Seconds(string value) =>
        value.Length is > 0 and <= MaxWaitDigits && value.All(char.IsAsciiDigit) ? TimeSpan.FromSeconds(int.Parse(value)) : null;

    private static bool? Choice(string value, string yes, string no)
    {
        if (value.Equals(yes, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        return value.Equals(no, StringComparison.OrdinalIgnoreCase) ? false : null;
    }

    private static Error Refuse(PreferItem item, Preference kind) => kind == Preference.None
        ? new Error(ErrorCodes.FieldUnknown, $"The preference '{item.Name}' is unknown; handling=lenient ignores it.")
        : new Error(ErrorCodes.FieldInvalid, $"The preference '{item.Name}' has a value or parameter that it does not take.");
}
