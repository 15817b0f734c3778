using CsCheck;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Tests.Telemetry;

public sealed class SeriesTableTests
{
    [Fact]
    public void Key_KeepsEveryLabel()
    {
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, int.MaxValue], Gen.UInt, Gen.Int[0, 999], Gen.Bool, Gen.Int[-1, 62]).Sample(
            (service, peer, flags, status, atDestination, grpc) =>
            {
                SeriesKey key = SeriesKey.Create(
                    service, peer, (ResponseFlags)flags, status, atDestination, MetricProtocol.Tcp, ConnectionSecurity.MutualTls, grpc);
                Assert.Equal((service, peer, flags, status), (key.Service, key.Peer, (uint)key.Flags, key.Status));
                Assert.Equal((atDestination, MetricProtocol.Tcp), (key.AtDestination, key.Protocol));
                Assert.Equal((ConnectionSecurity.MutualTls, grpc), (key.Security, key.GrpcStatus));
            });
    }

    [Fact]
    public unsafe void ManySeries_AreKeptApart()
    {
        using SeriesTable table = new(1, 256);
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 256; i++) *table.Find(Key(i), 0) += i;
        }

        Dictionary<SeriesKey, long> seen = ReadAll(table);
        Assert.Equal(256, seen.Count);
        Assert.All(seen, pair => Assert.Equal(3 * pair.Key.Service, pair.Value));
        Assert.Equal(0, table.Overflowed);
    }

    [Fact]
    public unsafe void FullTable_WithoutIdleSeries_CountsInOverflowAndLosesNoRequest()
    {
        using SeriesTable table = new(1, 64);
        for (int i = 0; i < 1_000_000; i++) (*table.Find(Key(i), i / 100_000))++;
        Dictionary<SeriesKey, long> seen = ReadAll(table);
        Assert.Equal(64, seen.Count);
        SeriesKey overflow = Key(0).ToOverflow();
        // One series gave its place to the overflow series, and with it the one request it had counted.
        Assert.Equal(1_000_000 - 64, seen[overflow]);
        Assert.Equal(1_000_000 - 64, table.Overflowed);
    }

    [Fact]
    public unsafe void FullTable_WithIdleSeries_EvictsThem()
    {
        using SeriesTable table = new(1, 64);
        for (int i = 0; i < 64; i++) (*table.Find(Key(i), 0))++;
        (*table.Find(Key(7), 500))++;
        (*table.Find(Key(1000), 700))++;
        Dictionary<SeriesKey, long> seen = ReadAll(table);
        Assert.Equal([(7, 2L), (1000, 1L)], seen.Select(pair => (pair.Key.Service, pair.Value)).Order());
        Assert.Equal(0, table.Overflowed);
    }

    [Fact]
    public unsafe void ReusedSlot_StartsFromZero()
    {
        using SeriesTable table = new(2, 32);
        for (int i = 0; i < 32; i++) table.Find(Key(i), 0)[1] = 99;
        long* cells = table.Find(Key(500), 10_000);
        Assert.Equal((0L, 0L), (cells[0], cells[1]));
    }

    [Fact]
    public async Task ReaderDuringEvictions_NeverSeesCellsOfAnotherSeries()
    {
        using SeriesTable table = new(1, 32);
        using CancellationTokenSource stop = new(TimeSpan.FromSeconds(20));
        Task<string> reader = Task.Run(() =>
        {
            long[] cells = new long[1];
            for (int reads = 0; reads < 200_000; reads++)
            {
                for (int slot = 0; slot < table.SlotCount; slot++)
                {
                    // Zero: the series was added and its first value is not written yet.
                    if (table.Read(slot, out SeriesKey key, cells) && cells[0] != 0 && cells[0] != key.Service + 1)
                        return $"series {key.Service} read as {cells[0]}";
                }
            }

            return "";
        });
        for (long i = 0; !reader.IsCompleted && !stop.IsCancellationRequested; i++)
            Set(table, i);
        Assert.Equal("", await reader.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private static unsafe void Set(SeriesTable table, long i)
    {
        int service = (int)(i % 1_000_000);
        *table.Find(Key(service), i * 1000) = service + 1;
    }

    private static SeriesKey Key(int service) =>
        SeriesKey.Create(service + 2, 0, ResponseFlags.None, 200, false, MetricProtocol.Http, ConnectionSecurity.Unknown, -1) with
        {
            Who = (ulong)(uint)service << 32,
        };

    private static Dictionary<SeriesKey, long> ReadAll(SeriesTable table)
    {
        Dictionary<SeriesKey, long> all = [];
        long[] cells = new long[8];
        for (int slot = 0; slot < table.SlotCount; slot++)
        {
            if (table.Read(slot, out SeriesKey key, cells)) all.Add(key, cells[0]);
        }

        return all;
    }
}
