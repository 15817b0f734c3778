namespace Weft.Policy.Regex;

/// <summary>What one instruction of a <see cref="RegexProgram"/> does.</summary>
internal enum RegexOp : byte
{
    /// <summary>The pattern has matched.</summary>
    Match,

    /// <summary>Takes a byte between <c>Low</c> and <c>High</c>.</summary>
    Range,

    /// <summary>Takes an ASCII byte of the set numbered <c>Argument</c>.</summary>
    Set,

    /// <summary>Goes on at <c>Next</c>, or else at <c>Argument</c>.</summary>
    Split,

    /// <summary>Notes the position in slot <c>Argument</c>.</summary>
    Save,

    /// <summary>Goes on when the assertion <c>Argument</c> holds.</summary>
    Assert,
}
