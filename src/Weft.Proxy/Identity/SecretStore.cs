using System.Collections.Frozen;
using Weft.Proxy.Model;

namespace Weft.Proxy.Identity;

/// <summary>
/// The secrets that this process made or fetched itself, by SDS name; what Istio's agent serves inside a pod. The configuration side merges them into each
/// snapshot and publishes a new one when <see cref="Changed"/> fires. Thread-safe; what it hands out is immutable. Keys live here and in OpenSSL, nowhere else.
/// </summary>
public sealed class SecretStore
{
    private readonly Lock gate = new();
    private FrozenDictionary<string, SecretModel> current = FrozenDictionary<string, SecretModel>.Empty;

    /// <summary>Fires after each change, on the thread that made it and outside of any lock. Handlers must be short.</summary>
    public event Action? Changed;

    /// <summary>All secrets as of now.</summary>
    public FrozenDictionary<string, SecretModel> Current => Volatile.Read(ref current);

    /// <summary>Puts secrets in, replacing those of the same names, as one change.</summary>
    public void Publish(params ReadOnlySpan<SecretModel> secrets)
    {
        lock (gate)
        {
            Dictionary<string, SecretModel> next = new(current, StringComparer.Ordinal);
            foreach (SecretModel secret in secrets)
                next[secret.Name] = secret;
            Volatile.Write(ref current, next.ToFrozenDictionary(StringComparer.Ordinal));
        }

        Changed?.Invoke();
    }

    /// <summary>Takes a secret out; false when there was none.</summary>
    public bool Remove(string name)
    {
        lock (gate)
        {
            Dictionary<string, SecretModel> next = new(current, StringComparer.Ordinal);
            if (!next.Remove(name))
                return false;
            Volatile.Write(ref current, next.ToFrozenDictionary(StringComparer.Ordinal));
        }

        Changed?.Invoke();
        return true;
    }
}
