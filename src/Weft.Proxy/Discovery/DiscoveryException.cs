namespace Weft.Proxy.Discovery;

/// <summary>The stream to the configuration server failed. The message says what the server or the network said.</summary>
public sealed class DiscoveryException : Exception
{
    /// <summary>Says what failed.</summary>
    /// <param name="message">A sentence.</param>
    /// <param name="innerException">The cause.</param>
    public DiscoveryException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
