namespace Weft.Proxy.Hosting;

/// <summary>The proxy cannot start; the message is a sentence for the person who started it.</summary>
public sealed class ProxyStartException : Exception
{
    public ProxyStartException(string message)
        : base(message)
    {
    }

    public ProxyStartException(string message, Exception cause)
        : base(message, cause)
    {
    }

    public ProxyStartException()
    {
    }
}
