using System.Runtime.InteropServices;
using Weft.Proxy.Tls.Native;
using Weft.Proxy.Tls.Records;

namespace Weft.Fuzz.Targets;

/// <summary>
/// The records of TLS 1.3 behind the handshake, from a peer that has the keys. An input is a script (<see cref="TlsRecordScript"/>): its records are sealed with the peer's key and the right
/// number, so that what is in them gets past authentication, or changed behind that, or are any bytes. Read once record by record, which the sealing needs, and again as a stream in pieces,
/// into a buffer of the script's choice that ends where memory does.
/// </summary>
internal sealed unsafe class TlsRecordTarget : FuzzTarget, IDisposable
{
    private const int WireBytes = 56 * 1024;

    /// <summary>So often the script's own buffer is read into; the rest of what waits is read in large parts.</summary>
    private const int SmallReads = 400;
    private const int MaxRoom = 20 * 1024;
    private const byte Alert = 21, Handshake = 22, Data = 23;
    private static readonly int[] s_rooms = [1, 7, 100, 1024, 16 * 1024, 16 * 1024 + 1, 16 * 1024 + 256, MaxRoom];
    private readonly TlsIo* _io = (TlsIo*)NativeMemory.AllocZeroed((nuint)sizeof(TlsIo));
    private readonly GuardedMemory _roomMemory = new(MaxRoom);
    private readonly byte[] _empty = new byte[MaxRoom];
    private readonly byte[] _wire = new byte[WireBytes];
    private readonly byte[] _sent = new byte[WireBytes];
    private readonly byte[] _read = new byte[WireBytes];
    private readonly byte[] _readAgain = new byte[WireBytes];
    private readonly byte[] _opened = new byte[WireBytes];
    private readonly byte[] _inner = new byte[TlsRecordScript.MaxInnerBytes];
    private readonly TrafficKeys[] _keys = new TrafficKeys[4];
    private int _wireLength;
    private int _sentLength;

    public TlsRecordTarget()
    {
        for (int side = 0; side < _keys.Length; side++)
        {
            _keys[side].Take(Secret(side));
            _keys[side].Start(0);
        }
    }

    public override string Name => "tls-records";

    /// <summary>Whether this processor has what the records need.</summary>
    public static bool IsSupported => AesGcmKey.IsSupported;

    public void Dispose()
    {
        _roomMemory.Dispose();
        NativeMemory.Free(_io);
    }

    protected override void Decode(GuardedMemory memory, ReadOnlySpan<byte> input, ReadOnlySpan<int> cuts, ref Outcome outcome)
    {
        TlsRecordScript script = new(memory.Place(input));
        (RecordFault fault, byte alert, ulong number, int read, int waiting) = Build(script, ref outcome);
        RecordLayer* layer = Begin(script);
        TrafficKeys answers = _keys[script.Side];
        Span<byte> room = Room(s_rooms[script.Room]);
        int again = 0, at = 0;
        for (int piece = 0; piece <= cuts.Length; piece++)
        {
            // The cuts are places of the script; on the wire they are as far along.
            int end = piece < cuts.Length ? (int)((long)cuts[piece] * _wireLength / input.Length) : _wireLength;
            _io->Incoming.Append(_wire.AsSpan(at, end - at));
            at = end;
            again += Drain(layer, room, _readAgain.AsSpan(again));
            if (script.SendsOften) TakeAnswers(layer, ref answers, mayWrite: false);
        }

        Require(layer->Fault == fault && layer->PeerAlert == alert, $"as a stream it ends with {layer->Fault}, record by record with {fault}");
        Require(_readAgain.AsSpan(0, again).SequenceEqual(_read.AsSpan(0, read)), "as a stream the same bytes are read as record by record");
        Require(layer->Reading.Sequence == number && _io->Incoming.Length == waiting, "as a stream as many records are taken as record by record");
        bool mayWrite = fault is RecordFault.None or RecordFault.Closed;
        if (mayWrite) Require(layer->Write("last"u8, int.MaxValue) == 4, "what is written is taken");
        TakeAnswers(layer, ref answers, mayWrite);
        End(layer);
    }

    /// <summary>Makes the wire's bytes of the script while a first reader takes each record as it is made: its keys are those to seal with, whatever the records before did to them.</summary>
    private (RecordFault Fault, byte Alert, ulong Number, int Read, int Waiting) Build(TlsRecordScript script, ref Outcome outcome)
    {
        RecordLayer* layer = Begin(script);
        TrafficKeys answers = _keys[script.Side];
        Span<byte> room = Room(MaxRoom);
        int read = 0, records = 0, answered = 0;
        bool spoiled = false;
        _wireLength = _sentLength = 0;
        Span<byte> inner = _inner;
        while (script.Next(inner, out int length, out TlsRecordKind kind, out int place) && _wire.Length - _wireLength >= TlsRecordScript.MaxInnerBytes + 64)
        {
            Span<byte> record = _wire.AsSpan(_wireLength);
            int bytes = kind == TlsRecordKind.Raw ? length : Seal(layer, inner[..length], record);
            if (kind == TlsRecordKind.Raw) inner[..length].CopyTo(record);
            else if (kind == TlsRecordKind.Changed) record[place % bytes] ^= (byte)(1 + (place % 255));
            int content = inner[..length].LastIndexOfAnyExcept((byte)0);
            spoiled |= kind == TlsRecordKind.Changed || (kind == TlsRecordKind.Raw && bytes > 0);
            bool isData = !spoiled && layer->Fault == RecordFault.None && content >= 0 && inner[content] == Data;
            if (isData)
            {
                inner[..content].CopyTo(_sent.AsSpan(_sentLength));
                _sentLength += content;
            }

            if (++records <= 6) outcome.Kind(kind != TlsRecordKind.Sealed ? (int)kind : content < 0 ? 0 : inner[content] is >= Alert and <= Data and var type ? type : 1);
            _wireLength += bytes;
            _io->Incoming.Append(record[..bytes]);
            int before = read;
            read += Drain(layer, room, _read.AsSpan(read));
            Require(read <= _sentLength && _read.AsSpan(before, read - before).SequenceEqual(_sent.AsSpan(before, read - before)), "what is read is what was sent");
            if (script.SendsOften) answered += TakeAnswers(layer, ref answers, mayWrite: false);
        }

        answered += TakeAnswers(layer, ref answers, mayWrite: false);
        RecordFault fault = layer->Fault;
        Require(fault != RecordFault.None || read == _sentLength, "without an end everything is read");
        Require(answered <= records, "there is one answer for a KeyUpdate at most");
        outcome.Kind((int)fault);
        outcome.Kind(layer->PeerAlert);
        outcome.Kind(Math.Min(answered, 3));
        outcome.Kind(script.IsServer ? 1 : 0);
        outcome.Kind(System.Numerics.BitOperations.Log2((uint)read + 1));
        outcome.Number(read);
        (RecordFault, byte, ulong, int, int) end = (fault, layer->PeerAlert, layer->Reading.Sequence, read, _io->Incoming.Length);
        End(layer);
        return end;
    }

    /// <summary>Reads until there is nothing more; how many bytes.</summary>
    private int Drain(RecordLayer* layer, Span<byte> room, Span<byte> target)
    {
        int total = 0;
        for (int reads = 0; ; reads++)
        {
            if (reads == SmallReads) room = Room(MaxRoom);
            bool mayHaveMore = layer->MayHaveMore;
            int count = layer->Read(room);
            Require(count >= 0 && count <= room.Length, "what is read fits");
            Require(mayHaveMore || count == 0, "nothing is read where there is nothing to be had");
            if (count == 0) break;
            room[..count].CopyTo(target[total..]);
            total += count;
        }

        Require(layer->Fault != RecordFault.None || _io->Incoming.Length < 5 + (16 * 1024) + 256, "no more waits than one record");
        return total;
    }

    /// <summary>Takes what the layer sent as its peer would, and looks whether it may be sent; how many answers to KeyUpdates.</summary>
    private int TakeAnswers(RecordLayer* layer, ref TrafficKeys keys, bool mayWrite)
    {
        int answers = 0;
        bool ended = false, wrote = false;
        while (_io->Outgoing.Length > 0)
        {
            ReadOnlySpan<byte> sent = _io->Outgoing.Bytes;
            Require(sent is [Data, 3, 3, _, _, ..], "records are sent as application data");
            int body = (sent[3] << 8) | sent[4];
            Require(sent.Length >= 5 + body && body > AesGcmKey.TagBytes, "records are sent whole");
            fixed (byte* source = sent[5..], opened = _opened)
                Require(keys.Open(sent[..5], source, body - AesGcmKey.TagBytes, opened), "what is sent is sealed with our key and the next number");
            ReadOnlySpan<byte> content = _opened.AsSpan(0, body - AesGcmKey.TagBytes);
            Require(!ended && !wrote, "nothing is sent behind the end");
            switch (content[^1])
            {
                case Handshake:
                    Require(content is [24, 0, 0, 1, 0, Handshake], "the only handshake message is a KeyUpdate that asks for nothing");
                    keys.Update();
                    answers++;
                    break;
                case Alert:
                    Require(content is [2, _, Alert], "the only alerts are fatal");
                    ended = true;
                    break;
                default:
                    Require(mayWrite && content.SequenceEqual("last\x17"u8), "data is sent as it was written");
                    wrote = true;
                    break;
            }

            _io->Outgoing.Consume(5 + body);
        }

        Require(wrote == mayWrite, "what was written is sent");
        Require(!ended || layer->Fault is not (RecordFault.None or RecordFault.Closed or RecordFault.PeerAlert), "an alert is sent for what the peer did");
        return answers;
    }

    private Span<byte> Room(int bytes)
    {
        ReadOnlySpan<byte> room = _roomMemory.Place(_empty.AsSpan(0, bytes));
        return MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(room), bytes);
    }

    private RecordLayer* Begin(TlsRecordScript script)
    {
        RecordLayer* layer = RecordLayer.Create();
        layer->Reading.Take(Secret(script.Side ^ 1));
        layer->Writing.Take(Secret(script.Side));
        layer->Start(_io, 0, script.IsServer, 0);
        return layer;
    }

    private void End(RecordLayer* layer)
    {
        RecordLayer.Free(layer);
        _io->Incoming.Release();
        _io->Outgoing.Release();
    }

    /// <summary>The secret of a side: 1 it is the server's, 2 it is a long one.</summary>
    private static ReadOnlySpan<byte> Secret(int side)
    {
        ReadOnlySpan<byte> secret = (side & 1) != 0 ? "a secret of the server's, of 48 bytes in its whole"u8 : "a secret of the client's, of 48 bytes in its whole"u8;
        return secret[..((side & 2) != 0 ? 48 : 32)];
    }

    private static int Seal(RecordLayer* layer, ReadOnlySpan<byte> inner, Span<byte> record)
    {
        int body = inner.Length + AesGcmKey.TagBytes;
        fixed (byte* content = inner, start = record)
        {
            RecordLayer.WriteHeader(start, body);
            layer->Reading.Seal(layer->Reading.Sequence, record[..5], content, inner.Length - 1, inner[^1], start + 5);
        }

        return 5 + body;
    }
}
