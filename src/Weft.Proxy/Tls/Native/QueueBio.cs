using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Weft.Proxy.Tls.Native;

/// <summary>
/// OpenSSL's view of a connection's two queues: a BIO whose data is a <see cref="TlsIo"/>. An empty queue asks to retry, it never ends: the end of
/// the transport is told to the session instead. (OpenSSL's own memory BIO would do the same work but keeps its largest buffer for the connection's life.)
/// </summary>
internal static unsafe class QueueBio
{
    private static readonly nint s_method = CreateMethod();

    internal static nint Create(TlsIo* io)
    {
        nint bio = LibCrypto.BIO_new(s_method);
        if (bio == 0)
            throw new OutOfMemoryException("OpenSSL could not allocate a BIO.");
        LibCrypto.BIO_set_data(bio, io);
        LibCrypto.BIO_set_init(bio, 1);
        return bio;
    }

    private static nint CreateMethod()
    {
        nint method;
        fixed (byte* name = "weft queues\0"u8)
            method = LibCrypto.BIO_meth_new(LibCrypto.BioTypeSourceSink | 0x7F, name);
        if (method == 0
            || LibCrypto.BIO_meth_set_read(method, &Read) != 1
            || LibCrypto.BIO_meth_set_write(method, &Write) != 1
            || LibCrypto.BIO_meth_set_ctrl(method, NullControl()) != 1)
        {
            throw new OutOfMemoryException("OpenSSL could not allocate a BIO method.");
        }

        return method;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Read(nint bio, byte* buffer, int length)
    {
        TlsIo* io = (TlsIo*)LibCrypto.BIO_get_data(bio);
        LibCrypto.BIO_clear_flags(bio, LibCrypto.BioFlagsAllRetry);
        int available = Math.Min(io->Incoming.Length, length);
        if (available <= 0)
        {
            LibCrypto.BIO_set_flags(bio, LibCrypto.BioFlagRead | LibCrypto.BioFlagRetry);
            return -1;
        }

        io->Incoming.Bytes[..available].CopyTo(new Span<byte>(buffer, available));
        io->Incoming.Consume(available);
        return available;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Write(nint bio, byte* buffer, int length)
    {
        TlsIo* io = (TlsIo*)LibCrypto.BIO_get_data(bio);
        LibCrypto.BIO_clear_flags(bio, LibCrypto.BioFlagsAllRetry);
        ReadOnlySpan<byte> bytes = new(buffer, length);
        if (io->Written.Admit(bytes))
            io->Outgoing.Append(bytes);
        return length;
    }

    /// <summary>
    /// What OpenSSL's null BIO answers to commands, which is right for this one too: a flush succeeded, and the kernel does no TLS. OpenSSL asks for that
    /// several times a record, and this answer does without a call into managed code.
    /// </summary>
    private static delegate* unmanaged[Cdecl]<nint, int, nint, nint, nint> NullControl() => LibCrypto.BIO_meth_get_ctrl(LibCrypto.BIO_s_null());
}
