using System.Net;

namespace Weft.Proxy.Admin;

/// <summary>A site and the address it is served at; port 0 lets the kernel choose.</summary>
public sealed record AdminBinding(IPEndPoint Address, AdminSite Site);
