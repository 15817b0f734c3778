namespace Weft.Proxy.Tls;

/// <summary>Key material or a setting that TLS cannot work with. The message is a sentence that names the thing and the cause; whoever compiles configuration turns it into a NACK.</summary>
public sealed class TlsConfigurationException(string message) : Exception(message);
