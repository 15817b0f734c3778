using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Weft.Proxy.Identity;
using Weft.Proxy.Tests.Tls;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Tests.Identity;

/// <summary>The life of a workload's certificate under a clock that the test sets.</summary>
public sealed class WorkloadIdentityTests : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("weft-identity-").FullName;
    private readonly JumpingClock clock = new(TimeProvider.System.GetUtcNow());
    private readonly TestAuthority root = new("mesh root");
    private readonly SecretStore secrets = new();
    private readonly CancellationTokenSource stop = new();
    private readonly SigningAuthority authority;
    private readonly WorkloadIdentityOptions options;
    private Task running = Task.CompletedTask;

    public WorkloadIdentityTests()
    {
        authority = new SigningAuthority(root, clock);
        options = new WorkloadIdentityOptions { SpiffeId = SigningAuthority.Reviews, RootFile = Path.Combine(folder, "root.pem") };
        File.WriteAllBytes(options.RootFile, root.Pem.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(10));
        stop.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(WorkloadKeyType.EcdsaP256)]
    [InlineData(WorkloadKeyType.Rsa2048)]
    public async Task FirstCertificate_WorksForBothSidesOfAConnection(WorkloadKeyType keyType)
    {
        WorkloadIdentity identity = Start(options with { KeyType = keyType });
        await identity.FirstCertificate.WaitAsync(TimeSpan.FromSeconds(20));

        using TlsPair pair = Connect();
        pair.Run();
        Assert.Equal(SigningAuthority.Reviews, pair.Server.Peer!.SpiffeId);
        Assert.Equal(SigningAuthority.Reviews, pair.Client.Peer!.SpiffeId);
        Assert.Equal(WorkloadIdentityState.Valid, identity.Status.State);
        Assert.Equal("", identity.Status.LastError);
    }

    [Fact]
    public async Task HalfOfTheLife_BringsANewKeyAndCertificate()
    {
        WorkloadIdentity identity = Start();
        await identity.FirstCertificate.WaitAsync(TimeSpan.FromSeconds(20));
        DateTimeOffset begin = clock.GetUtcNow();
        byte[] firstKey = Key();
        using TlsPair old = Connect();
        old.Run();

        await AdvanceUntilAsync(() => identity.Status.Rotations == 2, TimeSpan.FromMinutes(5));

        Assert.InRange(clock.GetUtcNow() - begin, TimeSpan.FromHours(11.7), TimeSpan.FromHours(12.6));
        Assert.NotEqual(firstKey, Key());
        using TlsPair renewed = Connect();
        renewed.Run();
        Assert.NotEqual(old.Client.Peer!.Sha256, renewed.Client.Peer!.Sha256);
        // What was open before lives on.
        Assert.Equal("still here"u8.ToArray(), TlsPair.Exchange(old.Client, old.Server, "still here"u8));
    }

    [Fact]
    public async Task FailingRenewal_KeepsTheLastGoodCertificateUntilItsEndAndNoLonger()
    {
        WorkloadIdentity identity = Start();
        await identity.FirstCertificate.WaitAsync(TimeSpan.FromSeconds(20));
        DateTimeOffset end = identity.Status.NotAfter!.Value;
        byte[] key = Key();
        authority.Instead = (_, _) => throw new CertificateAuthorityException("The authority is on holiday.");

        await AdvanceUntilAsync(() => identity.Status.State == WorkloadIdentityState.RenewalFailing, TimeSpan.FromMinutes(5));
        Assert.Equal("The authority is on holiday.", identity.Status.LastError);
        Assert.Equal(key, Key());

        await AdvanceUntilAsync(() => identity.Status.State == WorkloadIdentityState.Expired, TimeSpan.FromMinutes(5));
        Assert.InRange(clock.GetUtcNow(), end, end.AddMinutes(11));
        Assert.False(secrets.Current.ContainsKey("default"));
        Assert.True(secrets.Current.ContainsKey("ROOTCA"));

        authority.Instead = null;
        await AdvanceUntilAsync(() => identity.Status.State == WorkloadIdentityState.Valid, TimeSpan.FromSeconds(5));
        Assert.True(secrets.Current.ContainsKey("default"));
    }

    [Fact]
    public async Task WallClockThatJumps_BringsTheRenewalThatIsDueByIt()
    {
        WorkloadIdentity identity = Start();
        await identity.FirstCertificate.WaitAsync(TimeSpan.FromSeconds(20));
        long begin = clock.GetTimestamp();

        // As after a night in which the machine was suspended.
        clock.Ahead = TimeSpan.FromHours(14);
        await AdvanceUntilAsync(() => identity.Status.Rotations == 2, TimeSpan.FromSeconds(20));
        Assert.InRange(clock.GetElapsedTime(begin), TimeSpan.Zero, TimeSpan.FromHours(6));

        // Without an authority the certificate is taken out of use when it ends by the wall clock.
        authority.Instead = (_, _) => throw new CertificateAuthorityException("The authority is on holiday.");
        clock.Ahead += TimeSpan.FromHours(25);
        begin = clock.GetTimestamp();
        await AdvanceUntilAsync(() => identity.Status.State == WorkloadIdentityState.Expired, TimeSpan.FromSeconds(20));
        Assert.InRange(clock.GetElapsedTime(begin), TimeSpan.Zero, TimeSpan.FromHours(6));
        Assert.False(secrets.Current.ContainsKey("default"));
    }

    [Fact]
    public async Task AuthorityThatComesLate_IsAskedUntilItIsThere()
    {
        int refusals = 0;
        authority.Instead = (request, _) => ++refusals < 4 ? throw new CertificateAuthorityException("Not yet.") : Task.FromResult(authority.Sign(request));
        WorkloadIdentity identity = Start();
        await AdvanceUntilAsync(() => identity.FirstCertificate.IsCompleted, TimeSpan.FromMilliseconds(50));
        Assert.Equal(3, identity.Status.FailedRequests);
        Assert.Equal(WorkloadIdentityState.Valid, identity.Status.State);
    }

    [Fact]
    public async Task AuthorityThatNeverAnswers_IsGivenUpAndAskedAgain()
    {
        authority.Instead = async (request, cancel) =>
        {
            await Task.Delay(Timeout.Infinite, cancel);
            return [];
        };
        WorkloadIdentity identity = Start();
        await AdvanceUntilAsync(() => authority.Requests >= 2, TimeSpan.FromSeconds(1));
        Assert.Contains("did not answer within 10 s", identity.Status.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnswersThatCannotBeUsed_AreRefusedAndNamed()
    {
        TestAuthority foreign = new("foreign root");
        await AssertRefusedAsync(request => authority.Sign(new WorkloadKeyOfAnother().Request), "not for the key");
        await AssertRefusedAsync(request => new SigningAuthority(foreign, clock).Sign(request), "does not lead to the mesh's roots");
        await AssertRefusedAsync(request => new SigningAuthority(root, clock) { Identity = "spiffe://cluster.local/ns/default/sa/ratings" }.Sign(request), "this proxy is 'spiffe://cluster.local/ns/default/sa/reviews'");
        await AssertRefusedAsync(request => new SigningAuthority(root, clock) { Lifetime = TimeSpan.FromSeconds(-30) }.Sign(request), "compare the clocks");
        await AssertRefusedAsync(_ => [], "0 certificates");
        await AssertRefusedAsync(_ => ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"], "does not decode");
        await AssertRefusedAsync(_ => [new string('x', 100_000)], "100000 bytes");
        File.Delete(options.RootFile);
        await AssertRefusedAsync(authority.Sign, "cannot be read");
    }

    [Fact]
    public void Renewal_LiesAroundTheMiddleOfWhatIsLeft() => Gen.Select(Gen.Double[1, 1000], Gen.Double[0, 0.99], Gen.Double[0, 1]).Sample((hours, gone, random) =>
    {
        DateTimeOffset begin = DateTimeOffset.UnixEpoch, end = begin.AddHours(hours), received = begin.AddHours(hours * gone);
        TimeSpan left = end - received;
        DateTimeOffset renewal = RotationSchedule.Renewal(begin, end, received, random);
        Assert.InRange((renewal - received) / left, 0.489, 0.511);
    });

    [Fact]
    public void BackOff_DoublesWithinItsBounds() => Gen.Select(Gen.Int[1, 1000], Gen.Double[0, 1]).Sample((failures, random) =>
    {
        TimeSpan pause = RotationSchedule.BackOff(failures, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(15), random);
        double full = Math.Min(15_000, 50 * Math.Pow(2, failures - 1));
        Assert.InRange(pause.TotalMilliseconds, full / 2 - 1, full + 1);
    });

    private async Task AssertRefusedAsync(Func<string, IReadOnlyList<string>> answer, string part)
    {
        authority.Instead = (request, _) => Task.FromResult(answer(request));
        using CancellationTokenSource ownStop = new();
        SecretStore store = new();
        WorkloadIdentity identity = new(options, authority, store, clock);
        Task run = identity.RunAsync(ownStop.Token);
        await WaitAsync(() => identity.Status.FailedRequests > 0);
        await ownStop.CancelAsync();
        await run.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Contains(part, identity.Status.LastError, StringComparison.Ordinal);
        Assert.Equal(WorkloadIdentityState.Waiting, identity.Status.State);
        Assert.Empty(store.Current);
    }

    private WorkloadIdentity Start(WorkloadIdentityOptions? other = null)
    {
        WorkloadIdentity identity = new(other ?? options, authority, secrets, clock);
        running = identity.RunAsync(stop.Token);
        return identity;
    }

    private TlsPair Connect()
    {
        TlsContextFactory factory = new();
        var certificate = secrets.Current["default"].Certificate!;
        TlsCertificate shown = new(certificate.ChainPem, certificate.PrivateKeyPem);
        TlsPeerPolicy policy = new() { Trust = TlsTrust.ForAll(secrets.Current["ROOTCA"].Validation!.TrustedCaPem), RequireSpiffe = true };
        // The certificates follow the test's clock, OpenSSL does not.
        policy = policy with { AllowExpired = true };
        return new TlsPair(
            factory.CreateServer(new TlsServerModel { Certificates = [shown], Peer = policy, ClientCertificate = ClientCertificateMode.Required }),
            factory.CreateClient(new TlsClientModel { Certificate = shown, Peer = policy }));
    }

    private byte[] Key() => secrets.Current["default"].Certificate!.PrivateKeyPem.ToArray();

    private Task AdvanceUntilAsync(Func<bool> condition, TimeSpan step) => WaitAsync(condition, () => clock.Advance(step));

    private static async Task WaitAsync(Func<bool> condition, Action? between = null)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(2));
        while (!condition())
        {
            between?.Invoke();
            await timer.WaitForNextTickAsync(deadline.Token);
        }
    }

    /// <summary>A clock whose wall clock may be ahead of its timers.</summary>
    private sealed class JumpingClock(DateTimeOffset start) : FakeTimeProvider(start)
    {
        private long aheadTicks;

        internal TimeSpan Ahead
        {
            get => new(Interlocked.Read(ref aheadTicks));
            set => Interlocked.Exchange(ref aheadTicks, value.Ticks);
        }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;

        public override long GetTimestamp() => base.GetUtcNow().UtcTicks;
    }

    /// <summary>A request over a key that is not the proxy's.</summary>
    private sealed class WorkloadKeyOfAnother
    {
        internal string Request { get; } = new WorkloadKey(WorkloadKeyType.EcdsaP256).SigningRequestPem(SigningAuthority.Reviews);
    }
}
