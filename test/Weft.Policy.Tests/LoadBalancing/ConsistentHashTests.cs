using System.IO.Hashing;
using System.Text;
using Weft.Policy.LoadBalancing;
using Weft.Policy.Routes;
using Weft.Policy.Tests.Routes;

namespace Weft.Policy.Tests.LoadBalancing;

public sealed class ConsistentHashTests
{
    private static readonly string[] s_keys = [.. Enumerable.Range(1, 10).Select(i => $"10.0.0.{i}:8080")];
    private static readonly double[] s_equal = [.. s_keys.Select(_ => 1.0)];

    [Fact]
    public void Ring_HasThePointsThatItsWeightsAskFor()
    {
        HashRing ring = HashRing.Build(s_keys, s_equal);
        // ⌈0.1 × 1024⌉ / 0.1
        Assert.Equal(1030, ring.Points);
        Assert.Equal(-1, HashRing.Build([], []).Find(1));
        Assert.Equal(HashRing.MaxPoints, HashRing.Build(["a", "b"], [1, 1_000_000], 1024, int.MaxValue).Points);
    }

    [Fact]
    public void Ring_FindsTheFirstPointBehindTheHashAndWraps()
    {
        HashRing ring = HashRing.Build(["only"], [1.0]);
        Assert.Equal(0, ring.Find(0));
        Assert.Equal(0, ring.Find(ulong.MaxValue));
        HashRing two = HashRing.Build(["a", "b"], [1, 1], 2);
        (ulong Hash, int Owner)[] points = [(XxHash64.HashToUInt64("a_0"u8), 0), (XxHash64.HashToUInt64("b_0"u8), 1)];
        Array.Sort(points);
        Assert.Equal(points[0].Owner, two.Find(points[0].Hash));
        Assert.Equal(points[1].Owner, two.Find(points[0].Hash + 1));
        Assert.Equal(points[0].Owner, two.Find(points[1].Hash + 1));
        Assert.Equal(points[1].Owner, two.Find(points[0].Hash, attempt: 1));
    }

    [Theory]
    [InlineData(true, 0.25)]
    [InlineData(false, 0.04)]
    public void Endpoints_GetTheirShares(bool ring, double tolerance)
    {
        double[] weights = [1, 2, 3, 4];
        Func<ulong, int> find = ring ? Ring(s_keys[..4], weights, 10_000) : Maglev(s_keys[..4], weights);
        int[] counts = new int[4];
        for (ulong i = 0; i < 100_000; i++)
            counts[find(XxHash64.HashToUInt64(BitConverter.GetBytes(i)))]++;
        for (int i = 0; i < 4; i++)
            Assert.InRange(counts[i], 10_000 * weights[i] * (1 - tolerance), 10_000 * weights[i] * (1 + tolerance));
    }

    [Theory]
    [InlineData(true, 0.0)]
    [InlineData(false, 0.03)]
    public void RemovedEndpoint_MovesFewOtherRequests(bool ring, double tolerated)
    {
        Func<ulong, int> before = ring ? Ring(s_keys, s_equal, 1024) : Maglev(s_keys, s_equal);
        Func<ulong, int> after = ring ? Ring(s_keys[..9], s_equal[..9], 927) : Maglev(s_keys[..9], s_equal[..9]);
        int moved = 0;
        for (ulong i = 0; i < 20_000; i++)
        {
            ulong hash = XxHash64.HashToUInt64(BitConverter.GetBytes(i));
            if (before(hash) != 9 && before(hash) != after(hash))
                moved++;
        }

        Assert.InRange(moved, 0, (int)(20_000 * tolerated));
    }

    [Fact]
    public void Maglev_DoesNotDependOnTheOrderOfEndpoints()
    {
        Func<ulong, int> forward = Maglev(s_keys, s_equal);
        string[] reversed = [.. Enumerable.Reverse(s_keys)];
        Func<ulong, int> backward = Maglev(reversed, s_equal);
        for (ulong hash = 0; hash < 1000; hash++)
            Assert.Equal(s_keys[forward(hash)], reversed[backward(hash)]);
        Assert.Equal(-1, MaglevTable.Build([], []).Find(1));
    }

    [Fact]
    public void Rules_AreFoldedInOrder()
    {
        HashRule[] rules = Rules("""{"header":{"headerName":"x-user"}},{"queryParameter":{"name":"q"}},{"connectionProperties":{"sourceIp":true}}""");
        TestRequest request = TestRequest.Get("h", "/?q=1", "x-user: jason\r\n");
        Assert.True(RequestHash.TryCompute(rules, request.View, "10.0.0.1"u8, default, out ulong hash, out HashRule? cookie));
        ulong expected = XxHash64.HashToUInt64("jason"u8);
        expected = ulong.RotateLeft(expected, 1) ^ XxHash64.HashToUInt64("1"u8);
        expected = ulong.RotateLeft(expected, 1) ^ XxHash64.HashToUInt64("10.0.0.1"u8);
        Assert.Equal((expected, null), (hash, cookie));
        Assert.Equal(0, Allocation.Of(() => RequestHash.TryCompute(rules, request.View, "10.0.0.1"u8, default, out _, out _)));
    }

    [Fact]
    public void TerminalRule_EndsOnlyWithAHash()
    {
        HashRule[] rules = Rules("""{"header":{"headerName":"x-user"},"terminal":true},{"queryParameter":{"name":"q"}}""");
        Assert.True(RequestHash.TryCompute(rules, TestRequest.Get("h", "/?q=1", "x-user: jason\r\n").View, default, default, out ulong hash, out _));
        Assert.Equal(XxHash64.HashToUInt64("jason"u8), hash);
        Assert.True(RequestHash.TryCompute(rules, TestRequest.Get("h", "/?q=1").View, default, default, out hash, out _));
        Assert.Equal(XxHash64.HashToUInt64("1"u8), hash);
        Assert.False(RequestHash.TryCompute(rules, TestRequest.Get("h", "/").View, default, default, out _, out _));
    }

    [Theory]
    [InlineData("cookie: a=b; sid=42; c=d\r\n", "42", false)]
    [InlineData("cookie: a=b\r\ncookie: sid=\"42\"\r\n", "42", false)]
    [InlineData("cookie: xsid=1\r\n", "fresh", true)]
    [InlineData("", "fresh", true)]
    public void MissingCookie_IsMadeWhenItMayLive(string headers, string value, bool made)
    {
        HashRule[] rules = Rules("""{"cookie":{"name":"sid","ttl":"0s"}}""");
        Assert.True(RequestHash.TryCompute(rules, TestRequest.Get("h", "/", headers).View, default, "fresh"u8, out ulong hash, out HashRule? cookie));
        Assert.Equal(XxHash64.HashToUInt64(Encoding.ASCII.GetBytes(value)), hash);
        Assert.Equal(made, cookie is not null);
        Assert.Equal(!made, RequestHash.TryCompute(Rules("""{"cookie":{"name":"sid"}}"""), TestRequest.Get("h", "/", headers).View, default, "fresh"u8, out _, out _));
    }

    private static HashRule[] Rules(string policies)
    {
        RouteTable table = TestRequest.WithRoutes(Json.Fill("""{"match":{"prefix":"/"},"route":{"cluster":"c","hashPolicy":[$1]}}""", policies));
        return [.. table.VirtualHosts[0].Routes[0].Forward!.HashRules];
    }

    private static Func<ulong, int> Ring(string[] keys, double[] weights, int points)
    {
        HashRing ring = HashRing.Build(keys, weights, points);
        return hash => ring.Find(hash);
    }

    private static Func<ulong, int> Maglev(string[] keys, double[] weights)
    {
        MaglevTable table = MaglevTable.Build(keys, weights);
        return hash => table.Find(hash);
    }
}
