using System.Buffers;
using System.Buffers.Text;

namespace Weft.Wire.Http2;

/// <summary>The <c>HTTP2-Settings</c> field with which a client asks to upgrade a connection to HTTP/2 (RFC 7540 section 3.2.1).</summary>
public static class Http2UpgradeSettings
{
    /// <summary>The longest value that is taken: the settings of a client, some of them twice.</summary>
    public const int MaxValueBytes = 256;

    /// <summary>
    /// Decodes the value, base64url without padding (which is tolerated), into the client's settings. False when it is not that, or holds a
    /// setting that is not allowed; the upgrade is then declined and the request answered over HTTP/1.1.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> value, out Http2Settings settings)
    {
        settings = new Http2Settings();
        Span<byte> payload = stackalloc byte[MaxValueBytes];
        if (value.Length > MaxValueBytes || value.ContainsAnyInRange((byte)0, (byte)' '))
            return false;
        return Base64Url.DecodeFromUtf8(value, payload, out int consumed, out int written) == OperationStatus.Done
            && consumed == value.Length
            && written % 6 == 0
            && Http2SettingsPayload.Apply(payload[..written], fromServer: false, ref settings).IsNone;
    }
}
