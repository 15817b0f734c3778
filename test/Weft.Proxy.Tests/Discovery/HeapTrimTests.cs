using Microsoft.Extensions.Time.Testing;
using Weft.Proxy.Configuration;
using Weft.Proxy.Discovery;

namespace Weft.Proxy.Tests.Discovery;

public class HeapTrimTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void QuietAfterAChange_GivesMemoryBackOnce()
    {
        using var trim = new HeapTrim(_time);
        trim.Touch();
        _time.Advance(HeapTrim.Quiet);
        _time.Advance(HeapTrim.Quiet);

        Assert.Equal(1, trim.Collections);
    }

    [Fact]
    public void CodeThatWasReleased_RunsOn()
    {
        Assert.True(CodePages.Release() > 0);

        Assert.Equal(32, System.Security.Cryptography.SHA256.HashData([1, 2, 3]).Length);
    }

    [Fact]
    public void ChangesThatKeepComing_PutItOff()
    {
        using var trim = new HeapTrim(_time);
        for (var i = 0; i < 10; i++)
        {
            trim.Touch();
            _time.Advance(HeapTrim.Quiet / 2);
        }

        Assert.Equal(0, trim.Collections);
    }

    [Fact]
    public void LargeChange_IsCollectedBehindOnceItIsInForce()
    {
        using var trim = new HeapTrim(_time);
        GC.KeepAlive(new byte[HeapTrim.LargeChangeBytes + 1]);
        trim.Touch();
        _time.Advance(HeapTrim.Settled / 2);
        Assert.Equal(0, trim.Sweeps);
        _time.Advance(HeapTrim.Settled / 2);
        Assert.Equal(1, trim.Sweeps);
    }

    [Fact]
    public void Publisher_PublishesEachSnapshotOnce()
    {
        var published = 0;
        using var publisher = new SnapshotPublisher(new ConfigurationStore(_time), _ => published++, _time);

        publisher.Publish();
        publisher.Publish();

        Assert.Equal(1, published);
    }
}
