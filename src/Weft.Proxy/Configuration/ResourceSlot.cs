using Google.Protobuf;

namespace Weft.Proxy.Configuration;

/// <summary>The store's mutable state of one resource: the accepted one, and the one that workers use.</summary>
/// <typeparam name="TAccepted">What the compiler made.</typeparam>
/// <typeparam name="TInForce">What goes into the snapshot.</typeparam>
internal sealed class ResourceSlot<TAccepted, TInForce>(string name, bool isStatic)
    where TAccepted : class
    where TInForce : class
{
    public string Name { get; } = name;

    public bool IsStatic { get; } = isStatic;

    /// <summary>The last good version; null when none was ever good.</summary>
    public TAccepted? Accepted { get; set; }

    /// <summary>What workers use; older than <see cref="Accepted"/> while that one warms.</summary>
    public TInForce? InForce { get; set; }

    /// <summary>From which accepted version <see cref="InForce"/> was made.</summary>
    public TAccepted? InForceSource { get; set; }

    public string Version { get; set; } = "";

    public ByteString Body { get; set; } = ByteString.Empty;

    public DateTimeOffset UpdatedAt { get; set; }

    public string? Error { get; set; }

    public string ErrorVersion { get; set; } = "";

    public bool IsWarming => !ReferenceEquals(Accepted, InForceSource);

    public void Accept(TAccepted accepted, string version, ByteString body, DateTimeOffset when)
    {
        Accepted = accepted;
        Version = version;
        Body = body;
        UpdatedAt = when;
        Error = null;
        ErrorVersion = "";
    }

    public void Refuse(string error, string version)
    {
        Error = error;
        ErrorVersion = version;
    }

    public ResourceState State(string typeUrl) =>
        new(typeUrl, Name, IsStatic, Version, Body, UpdatedAt, Accepted is not null && IsWarming, Error, ErrorVersion);
}
