namespace Weft.Proxy.Identity;

/// <summary>The authority gave no certificate, or one that cannot be used. The message is a sentence with the cause and what to do; <see cref="WorkloadIdentity"/> catches it and tries again later.</summary>
public sealed class CertificateAuthorityException(string message, Exception? inner = null) : Exception(message, inner);
