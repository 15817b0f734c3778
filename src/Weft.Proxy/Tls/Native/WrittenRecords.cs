namespace Weft.Proxy.Tls.Native;

/// <summary>
/// Watches what OpenSSL writes: how many protected records since its write key changed, which is the sequence number of the next one, and, once the records
/// are the proxy's own, that nothing of OpenSSL's leaves any more. A record of OpenSSL's then would be a second one under a key and a number that were used already.
/// </summary>
internal unsafe struct WrittenRecords
{
    private const int HeaderBytes = 5;
    private const byte ApplicationData = 23;

    private fixed byte header[HeaderBytes];
    private int headerBytes;
    private int bodyLeft;
    private bool counts;
    private bool closed;

    /// <summary>Protected records since <see cref="Begin"/>.</summary>
    internal uint Count { get; private set; }

    /// <summary>Whether what was written ends with a whole record.</summary>
    internal readonly bool IsAtBoundary => headerBytes == 0 && bodyLeft == 0;

    /// <summary>The write key is new: counts from nothing. What was written before ended with a whole record.</summary>
    internal void Begin()
    {
        this = default;
        counts = true;
    }

    /// <summary>OpenSSL keeps the records: nothing need be counted any more.</summary>
    internal void Stop() => counts = false;

    /// <summary>OpenSSL may write nothing any more.</summary>
    internal void Close() => closed = true;

    /// <summary>Looks at what OpenSSL writes, in any pieces. False: it must not be sent.</summary>
    internal bool Admit(ReadOnlySpan<byte> bytes)
    {
        if (closed)
            return false;
        if (!counts)
            return true;
        while (!bytes.IsEmpty)
        {
            if (bodyLeft > 0)
            {
                int taken = Math.Min(bodyLeft, bytes.Length);
                bodyLeft -= taken;
                bytes = bytes[taken..];
                continue;
            }

            header[headerBytes++] = bytes[0];
            bytes = bytes[1..];
            if (headerBytes < HeaderBytes)
                continue;
            headerBytes = 0;
            bodyLeft = (header[3] << 8) | header[4];
            if (header[0] == ApplicationData)
                Count++;
        }

        return true;
    }
}
