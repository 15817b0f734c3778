namespace Weft.Policy.Regex;

/// <summary>One instruction; see <see cref="RegexOp"/> for what the fields mean.</summary>
internal struct RegexInstruction
{
    public RegexOp Op;
    public byte Low;
    public byte High;
    public int Next;
    public int Argument;
}
