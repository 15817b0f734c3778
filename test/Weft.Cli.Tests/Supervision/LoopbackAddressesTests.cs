using Weft.Cli.Supervision;

namespace Weft.Cli.Tests.Supervision;

public sealed class LoopbackAddressesTests
{
    [Fact]
    public void TwoMeshes_NeverShareAPrefix()
    {
        using LoopbackAddresses one = new(), other = new();
        HashSet<int> taken = [];
        for (int count = 0; count < 10; count++)
        {
            Assert.True(taken.Add(one.Take().Number));
            Assert.True(taken.Add(other.Take().Number));
        }

        Assert.All(taken, number => Assert.InRange(number, 64, 127));
    }

    [Fact]
    public void AReturnedPrefix_IsTakenAgain()
    {
        using LoopbackAddresses addresses = new();
        LoopbackPrefix first = addresses.Take();
        addresses.Return(first);
        Assert.Equal(first, addresses.Take());
        Assert.Equal($"127.{first.Number}.0.1", first.Address);
    }

    [Fact]
    public void FreePorts_AreNoneOfOutgoingConnectionsAndNoneTwice()
    {
        int[] ports = [.. Enumerable.Range(0, 50).Select(_ => LoopbackAddresses.FreePort())];
        Assert.All(ports, port => Assert.InRange(port, 21_100, 32_767));
        Assert.Equal(ports.Length, ports.Distinct().Count());
    }
}
