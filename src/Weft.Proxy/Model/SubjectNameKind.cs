namespace Weft.Proxy.Model;

/// <summary>Which kind of subject alternative name is looked at.</summary>
public enum SubjectNameKind : byte
{
    Any,
    Uri,
    Dns,
    IpAddress,
    Email,
}
