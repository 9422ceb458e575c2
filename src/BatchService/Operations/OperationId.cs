namespace BatchService.Operations;

/// <summary>What an operation id may look like: 1 to 64 characters of A-Z, a-z, 0-9, _ and -.</summary>
internal static class OperationId
{
    public const int MaxLength = 64;

    public static bool IsValid(ReadOnlySpan<char> id)
    {
        if (id.IsEmpty || id.Length > MaxLength)
        {
            return false;
        }

        foreach (var character in id)
        {
            if (!IsIdCharacter(character))
            {
                return false;
            }
        }

        return true;
    }

    public static bool IsIdCharacter(char character) => char.IsAsciiLetterOrDigit(character) || character is '_' or '-';
}
