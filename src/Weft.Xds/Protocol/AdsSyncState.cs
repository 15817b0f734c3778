namespace Weft.Xds.Protocol;

/// <summary>How far a node is with one resource type.</summary>
public enum AdsSyncState
{
    /// <summary>It asked, and nothing has been sent yet.</summary>
    NotSent,

    /// <summary>A response is on its way, or newer content waits behind one.</summary>
    Sent,

    /// <summary>It accepted the last response, which is the newest content.</summary>
    Acknowledged,

    /// <summary>It refused the last response: see the error.</summary>
    Refused,
}
