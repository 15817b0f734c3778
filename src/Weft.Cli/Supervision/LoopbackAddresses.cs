using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Weft.Cli.Supervision;

/// <summary>
/// Hands out the prefixes 127.64/16 … 127.127/16, one for the control plane and one for each workload. A prefix belongs to a mesh
/// while a socket of it is bound to port 15099 of the prefix's first address, so two meshes on one machine never share one.
/// Thread-safe.
/// </summary>
public sealed class LoopbackAddresses : IDisposable
{
    /// <summary>Bound by the supervisor, never accepted on: the mark that a prefix is taken.</summary>
    public const int MarkPort = 15099;

    // Above the ports that stand in for those below 1024 (LoopbackNetwork), below those of outgoing connections.
    private const int FirstPort = 21_100;
    private const int PortCount = 32_768 - FirstPort;
    private const int First = 64;
    private const int Last = 127;
    private static int s_nextPort = RandomNumberGenerator.GetInt32(PortCount);
    private readonly Lock _lock = new();
    private readonly Dictionary<int, Socket> _taken = [];

    /// <summary>Takes the lowest free prefix; throws when all 64 are taken.</summary>
    public LoopbackPrefix Take()
    {
        lock (_lock)
        {
            for (int prefix = First; prefix <= Last; prefix++)
            {
                if (_taken.ContainsKey(prefix))
                    continue;
                Socket mark = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    mark.Bind(new IPEndPoint(new IPAddress([127, (byte)prefix, 0, 1]), MarkPort));
                    mark.Listen(1);
                    _taken.Add(prefix, mark);
                    return new LoopbackPrefix(prefix);
                }
                catch (SocketException)
                {
                    mark.Dispose();
                }
            }
        }

        throw new CliException($"No loopback prefix is free: 127.{First}.0.1 … 127.{Last}.0.1 are all taken on port {MarkPort}. Stop another mesh with 'weft down'.");
    }

    /// <summary>Gives a prefix back.</summary>
    public void Return(LoopbackPrefix prefix)
    {
        lock (_lock)
        {
            if (_taken.Remove(prefix.Number, out Socket? mark))
                mark.Dispose();
        }
    }

    /// <summary>Gives all back.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (Socket mark in _taken.Values)
                mark.Dispose();
            _taken.Clear();
        }
    }

    /// <summary>
    /// A port of 127.0.0.1 that is free now, for a program that listens where PORT says. None of those that the kernel gives to outgoing connections (from 32768 on, unless
    /// ip_local_port_range says otherwise): such a connection could take it before the program listens, or while it starts anew. Never the same twice in a row.
    /// </summary>
    public static int FreePort()
    {
        for (int tries = 0; tries < PortCount; tries++)
        {
            int port = FirstPort + (int)((uint)Interlocked.Increment(ref s_nextPort) % PortCount);
            using Socket probe = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Somebody listens there.
            }
        }

        throw new CliException($"No port of 127.0.0.1 from {FirstPort} to {FirstPort + PortCount - 1} is free for a program to listen on.");
    }
}
