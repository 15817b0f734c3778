namespace Weft.Proxy.Discovery;

/// <summary>One open ADS stream. Used by one task at a time.</summary>
/// <typeparam name="TRequest">What is written.</typeparam>
/// <typeparam name="TResponse">What is read.</typeparam>
public interface IDiscoveryStream<in TRequest, TResponse> : IAsyncDisposable
    where TResponse : class
{
    /// <summary>Writes a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="DiscoveryException">The stream failed.</exception>
    Task WriteAsync(TRequest request, CancellationToken cancel);

    /// <summary>Waits for the next response; null when the server ended the stream.</summary>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="DiscoveryException">The stream failed.</exception>
    Task<TResponse?> ReadAsync(CancellationToken cancel);
}
