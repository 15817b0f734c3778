namespace Weft.Proxy.Model;

/// <summary>What happens to requests with header names that contain underscores.</summary>
public enum UnderscoreHeadersAction : byte
{
    Allow,
    RejectRequest,
    DropHeader,
}
