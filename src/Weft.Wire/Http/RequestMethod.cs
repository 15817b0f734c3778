namespace Weft.Wire.Http;

/// <summary>The request methods that the proxy knows by name; any other token is <see cref="Other"/> and keeps its bytes.</summary>
public enum RequestMethod : byte
{
    Other,
    Get,
    Head,
    Post,
    Put,
    Delete,
    Patch,
    Options,
    Connect,
    Trace,
}
