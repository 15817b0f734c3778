namespace Weft.Proxy.Tests.Http2;

/// <summary>So many zeros without a length, and the count of those that were taken.</summary>
internal sealed class CountedStream(long left, Action<int> taken) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count)
    {
        int now = (int)Math.Min(left, count);
        left -= now;
        buffer.AsSpan(offset, now).Clear();
        taken(now);
        return now;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
