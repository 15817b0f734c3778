namespace Weft.Kernel.Tests;

/// <summary>Small Python programs that play services and proxies inside of namespaces.</summary>
internal static class Programs
{
    /// <summary>Plays the proxy's two listeners: to each connection it says its port, the original destination and the peer. Arguments: ports. For DNS the port with a 'u' before it.</summary>
    internal const string Proxy = """
        import socket, struct, sys, threading
        def tcp(port):
            s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('0.0.0.0', port)); s.listen(50)
            def run():
                while True:
                    c, peer = s.accept()
                    try: d = c.getsockopt(socket.SOL_IP, 80, 16)
                    except OSError: d = bytes(16)
                    c.sendall(('%d %s:%d' % (port, socket.inet_ntoa(d[4:8]), struct.unpack('!H', d[2:4])[0])).encode()); c.close()
            threading.Thread(target=run, daemon=True).start()
        def udp(port):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1' if port > 1023 else '0.0.0.0', port))
            def run():
                while True:
                    data, peer = s.recvfrom(2000)
                    s.sendto(b'%d ' % port + data, peer)
            threading.Thread(target=run, daemon=True).start()
        for a in sys.argv[1:]:
            udp(int(a[1:])) if a[0] == 'u' else tcp(int(a))
        print('ready', flush=True)
        threading.Event().wait(60)
        """;

    /// <summary>Connects and prints what it reads, or the error. Arguments: address, port, mark or 0, and perhaps the address to connect from.</summary>
    internal const string Connect = """
        import socket, sys
        s = socket.socket(); s.settimeout(5)
        if sys.argv[3] != '0': s.setsockopt(socket.SOL_SOCKET, 36, int(sys.argv[3]))
        if len(sys.argv) > 4: s.bind((sys.argv[4], 0))
        try:
            s.connect((sys.argv[1], int(sys.argv[2]))); print(s.recv(200).decode())
        except OSError as e:
            print(type(e).__name__)
        """;

    /// <summary>Asks over UDP and prints the answer. Arguments: address, port.</summary>
    internal const string Ask = """
        import socket, sys
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5)
        try:
            s.connect((sys.argv[1], int(sys.argv[2]))); s.send(b'question'); print(s.recv(200).decode())
        except OSError as e:
            print(type(e).__name__)
        """;
}
