namespace Weft.Proxy.Model;

/// <summary>What the proxy writes about the client's certificate into X-Forwarded-Client-Cert, besides By and Hash.</summary>
[Flags]
public enum ClientCertDetails : byte
{
    None = 0,
    Subject = 1,
    Certificate = 2,
    Chain = 4,
    Dns = 8,
    Uri = 16,
}
