namespace Weft.Identity;

/// <summary>A key, certificate or file of the authority cannot be used. The message is a sentence that names it and the cause.</summary>
public sealed class IdentityException : Exception
{
    /// <summary>Says what cannot be used and why.</summary>
    /// <param name="message">The sentence.</param>
    public IdentityException(string message)
        : base(message)
    {
    }

    /// <summary>Says what cannot be used and why.</summary>
    /// <param name="message">The sentence.</param>
    /// <param name="innerException">What was caught.</param>
    public IdentityException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
