using Envoy.Config.Core.V3;
using Weft.Proxy.Model;

namespace Weft.Proxy.Configuration.Compilation;

/// <summary>Addresses and address ranges.</summary>
internal static class AddressCompiler
{
    /// <summary>A literal IP address with a port.</summary>
    public static NetworkAddress Literal(Address? address, CompileScope scope)
    {
        var (host, port) = HostAndPort(address, scope);
        if (host.Length == 0)
        {
            return default;
        }

        if (NetworkAddress.TryParse(host, port, out var literal))
        {
            return literal;
        }

        scope.Field("socket_address").Field("address").Error($"`{host}` is not an IP address.");
        return default;
    }

    /// <summary>A host name or IP address with a port; the host is empty when there was an error.</summary>
    public static (string Host, int Port) HostAndPort(Address? address, CompileScope scope)
    {
        switch (address?.AddressCase ?? Address.AddressOneofCase.None)
        {
            case Address.AddressOneofCase.None:
                scope.Error("there is no address: give `socket_address`.");
                return ("", 0);
            case not Address.AddressOneofCase.SocketAddress:
                scope.Refuse(true, address!.AddressCase == Address.AddressOneofCase.Pipe ? "pipe" : "envoy_internal_address");
                return ("", 0);
        }

        return HostAndPort(address!.SocketAddress, scope.Field("socket_address"));
    }

    public static (string Host, int Port) HostAndPort(SocketAddress socket, CompileScope scope)
    {
        scope.Refuse(socket.Protocol != SocketAddress.Types.Protocol.Tcp, "protocol", "only TCP is carried.");
        scope.Refuse(socket.PortSpecifierCase == SocketAddress.PortSpecifierOneofCase.NamedPort, "named_port");
        scope.Refuse(socket.ResolverName.Length > 0, "resolver_name");
        if (socket.PortValue > ushort.MaxValue)
        {
            scope.Field("port_value").Error($"{socket.PortValue} is not a port.");
            return ("", 0);
        }

        if (socket.Address.Length == 0)
        {
            scope.Field("address").Error("it is empty.");
        }

        return (socket.Address, (int)socket.PortValue);
    }

    public static IReadOnlyList<AddressPrefix> Prefixes(IReadOnlyList<CidrRange> ranges, CompileScope scope, string field)
    {
        if (ranges.Count == 0)
        {
            return [];
        }

        var prefixes = new List<AddressPrefix>(ranges.Count);
        for (var i = 0; i < ranges.Count; i++)
        {
            var range = ranges[i];
            if (!NetworkAddress.TryParse(range.AddressPrefix, 0, out var address))
            {
                scope.Item(field, i).Field("address_prefix").Error($"`{range.AddressPrefix}` is not an IP address.");
                continue;
            }

            var longest = address.IsV4 ? 32 : 128;

            // An absent length is 0, as in Envoy: the range of everything.
            var length = scope.Item(field, i).Count(range.PrefixLen, "prefix_len", 0, 0, longest);
            prefixes.Add(new AddressPrefix(address, length));
        }

        return prefixes;
    }
}
