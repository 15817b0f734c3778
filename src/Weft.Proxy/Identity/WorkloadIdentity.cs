namespace Weft.Proxy.Identity;

/// <summary>
/// Keeps a valid certificate for this workload in the secret store: a new key pair for each, renewal at half of its life, the last good one in use for as long as it is valid
/// and not a moment longer. New handshakes use the newest; connections that are open live on. Plays the part of Istio's agent inside the proxy's own process. Runs beside the
/// workers, as one task.
/// </summary>
public sealed class WorkloadIdentity
{
    // Certificates go by the wall clock and delays by the monotonic one, which stands still while the machine is suspended: how late it is, is looked at this often.
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromMinutes(1);
    private readonly WorkloadIdentityOptions options;
    private readonly ICertificateAuthorityClient authority;
    private readonly SecretStore secrets;
    private readonly TimeProvider time;
    private readonly TaskCompletionSource firstCertificate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WorkloadIdentityStatus status;

    /// <summary>Prepares; nothing happens before <see cref="RunAsync"/>.</summary>
    public WorkloadIdentity(WorkloadIdentityOptions options, ICertificateAuthorityClient authority, SecretStore secrets, TimeProvider time)
    {
        this.options = options;
        this.authority = authority;
        this.secrets = secrets;
        this.time = time;
        status = new WorkloadIdentityStatus(WorkloadIdentityState.Waiting, options.SpiffeId, "", null, null, 0, 0, "");
    }

    /// <summary>Where things stand.</summary>
    public WorkloadIdentityStatus Status => Volatile.Read(ref status);

    /// <summary>Ends when the first certificate is in the store.</summary>
    public Task FirstCertificate => firstCertificate.Task;

    /// <summary>Fetches and renews until cancelled; ends normally then.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        int failures = 0;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                failures = await TryRenewAsync(cancel).ConfigureAwait(false) ? 0 : failures + 1;
                DateTimeOffset now = time.GetUtcNow();
                DateTimeOffset next = failures == 0
                    ? Status.NextRenewal!.Value
                    : now + RotationSchedule.BackOff(failures, options.FirstBackOff, options.MaxBackOff, Random.Shared.NextDouble());
                await WaitUntilAsync(next, cancel).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task<bool> TryRenewAsync(CancellationToken cancel)
    {
        try
        {
            using WorkloadKey key = new(options.KeyType);
            string request = key.SigningRequestPem(options.SpiffeId);
            using CancellationTokenSource deadline = new(options.RequestTimeout, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
            IReadOnlyList<string> answer = await authority.IssueAsync(request, options.Lifetime, either.Token).ConfigureAwait(false);
            string roots = await ReadRootsAsync(either.Token).ConfigureAwait(false);
            DateTimeOffset now = time.GetUtcNow();
            Accept(IssuedCertificate.Check(answer, key, options, roots, now), now);
            return true;
        }
        catch (CertificateAuthorityException failure)
        {
            Refuse(failure.Message);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            Refuse($"The authority did not answer within {options.RequestTimeout.TotalSeconds:0.#} s.");
        }

        return false;
    }

    private async Task<string> ReadRootsAsync(CancellationToken cancel)
    {
        try
        {
            return await File.ReadAllTextAsync(options.RootFile, cancel).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CertificateAuthorityException($"The mesh's root file '{options.RootFile}' cannot be read: {failure.Message}", failure);
        }
    }

    private void Accept(IssuedCertificate issued, DateTimeOffset now)
    {
        WorkloadIdentityStatus before = Status;
        DateTimeOffset renewal = RotationSchedule.Renewal(issued.NotBefore, issued.NotAfter, now, Random.Shared.NextDouble());

        // First in force, then said to be: whoever sees the status may rely on the certificate.
        secrets.Publish(issued.Roots, issued.Certificate);
        Volatile.Write(ref status, before with
        {
            State = WorkloadIdentityState.Valid,
            SerialNumber = issued.SerialNumber,
            NotAfter = issued.NotAfter,
            NextRenewal = renewal,
            Rotations = before.Rotations + 1,
            LastError = "",
        });
        firstCertificate.TrySetResult();
    }

    private void Refuse(string sentence)
    {
        WorkloadIdentityStatus before = Status;
        Volatile.Write(ref status, before with
        {
            State = before.State == WorkloadIdentityState.Valid ? WorkloadIdentityState.RenewalFailing : before.State,
            FailedRequests = before.FailedRequests + 1,
            LastError = sentence,
        });
    }

    /// <summary>Waits, and on the way takes the certificate out of use at the moment when it ends.</summary>
    private async Task WaitUntilAsync(DateTimeOffset until, CancellationToken cancel)
    {
        while (true)
        {
            WithdrawExpired();
            DateTimeOffset now = time.GetUtcNow();
            if (now >= until)
                return;
            DateTimeOffset wake = until;
            if (Status is { State: WorkloadIdentityState.Valid or WorkloadIdentityState.RenewalFailing, NotAfter: { } end } && end < wake)
                wake = end;
            TimeSpan delay = wake - now;
            await Task.Delay(delay < s_longestDelay ? delay : s_longestDelay, time, cancel).ConfigureAwait(false);
        }
    }

    private void WithdrawExpired()
    {
        WorkloadIdentityStatus before = Status;
        if (before.State is not (WorkloadIdentityState.Valid or WorkloadIdentityState.RenewalFailing) || time.GetUtcNow() < before.NotAfter)
            return;
        Volatile.Write(ref status, before with { State = WorkloadIdentityState.Expired, SerialNumber = "" });
        secrets.Remove(WorkloadIdentityOptions.CertificateSecretName);
    }
}
