using Weft.Policy.Formatting;
using Weft.Wire.Http;

namespace Weft.Policy.Routes;

/// <summary>One change to a message's headers: a removal when there is no value, else an addition. Immutable.</summary>
/// <param name="Name">The header.</param>
/// <param name="Value">The value to write, or null to remove.</param>
/// <param name="Action">What an addition does with existing ones.</param>
/// <param name="KeepEmpty">Whether an empty value is written.</param>
public sealed record HeaderMutation(HeaderName Name, HeaderFormat? Value, HeaderAppendAction Action, bool KeepEmpty);
