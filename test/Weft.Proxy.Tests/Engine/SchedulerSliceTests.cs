using Weft.Proxy.Interop;

namespace Weft.Proxy.Tests.Engine;

public class SchedulerSliceTests
{
    [Fact]
    public void Thread_GetsTheShortestSlice_AndOthersKeepTheirs()
    {
        ulong before = 0, after = 0;
        bool done = false;
        ulong own = SchedulerSlice.Current();
        Thread thread = new(() =>
        {
            before = SchedulerSlice.Current();
            done = SchedulerSlice.TryShorten();
            after = SchedulerSlice.Current();
        });
        thread.Start();
        thread.Join();

        Assert.True(done);
        Assert.Equal(own, SchedulerSlice.Current());
        // Kernels before 6.12 take the call and know no slices.
        if (before == 0) Assert.Equal(0ul, after);
        else Assert.Equal(100_000ul, after);
    }
}
