using System.Collections.Immutable;
using System.Text;

namespace Weft.Control.Discovery.Registry;

/// <summary>
/// Gives each service a slot in a /16 that depends on its name alone unless two names collide: adding a service moves no other,
/// and a restart gives the same addresses. Slot <c>j</c> is <c>prefix.(1 + j / 250).(1 + j % 250)</c>; 62,500 slots at most.
/// </summary>
public static class AddressAllocator
{
    /// <summary>The number of services that can have an address; further ones get none.</summary>
    public const int Slots = 250 * 250;

    /// <summary>The reserved range that Istio takes for services without an address of their own.</summary>
    public const string VirtualPrefix = "240.240";

    /// <summary>The address of a slot under a two-octet prefix such as <c>240.240</c> or <c>127.71</c>.</summary>
    public static string AddressOf(string prefix, int slot) => $"{prefix}.{1 + (slot / 250)}.{1 + (slot % 250)}";

    /// <summary>A slot for each name. Names are taken in ordinal order, so the result does not depend on the order of input.</summary>
    public static ImmutableDictionary<string, int> Allocate(IEnumerable<string> names)
    {
        ImmutableDictionary<string, int>.Builder slots = ImmutableDictionary.CreateBuilder<string, int>();
        HashSet<int> taken = [];
        foreach (string name in names.Distinct().Order(StringComparer.Ordinal))
        {
            if (taken.Count >= Slots)
                break;
            int slot = (int)(Hash(name) % Slots);
            while (!taken.Add(slot))
                slot = (slot + 1) % Slots;
            slots.Add(name, slot);
        }

        return slots.ToImmutable();
    }

    // FNV-1a, 32 bits: stable between processes, unlike string.GetHashCode.
    private static uint Hash(string name)
    {
        uint hash = 2166136261;
        foreach (byte octet in Encoding.UTF8.GetBytes(name))
            hash = (hash ^ octet) * 16777619;
        return hash;
    }
}
