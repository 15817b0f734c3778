using System.Collections.Frozen;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Weft.Proxy.Configuration.Compilation;
using Weft.Xds.Protocol;

namespace Weft.Proxy.Configuration;

/// <summary>All resources of one type that the store has. Owned by the store and used under its lock.</summary>
/// <typeparam name="TMessage">The message type.</typeparam>
/// <typeparam name="TAccepted">What the compiler makes of it.</typeparam>
/// <typeparam name="TInForce">What goes into the snapshot.</typeparam>
/// <param name="compile">Compiles a message, given the resource's name and version.</param>
/// <param name="compileReceived">Compiles from the bytes, given the resource's name and version, where decoding a whole message first costs too much.</param>
internal sealed class ResourceTable<TMessage, TAccepted, TInForce>(
    string typeUrl,
    MessageParser<TMessage> parser,
    Func<TMessage, string, string, CompileScope, TAccepted?> compile,
    Func<TMessage, string> nameOf,
    TimeProvider time,
    Func<Any, string, string, CompileScope, TAccepted?>? compileReceived = null)
    where TMessage : class, IMessage<TMessage>
    where TAccepted : class
    where TInForce : class
{
    private readonly SortedDictionary<string, ResourceSlot<TAccepted, TInForce>> _slots = new(StringComparer.Ordinal);

    private FrozenDictionary<string, TInForce>? _inForce;

    /// <summary>Whether something was accepted or taken out since this was last set to false.</summary>
    public bool HasNews { get; set; }

    /// <summary>What workers use, by name; the same object until something of it changes.</summary>
    public FrozenDictionary<string, TInForce> InForce =>
        _inForce ??= _slots.Values.Where(s => s.InForce is not null).ToFrozenDictionary(s => s.Name, s => s.InForce!, StringComparer.Ordinal);

    public IReadOnlyCollection<ResourceSlot<TAccepted, TInForce>> Slots => _slots.Values;

    public string TypeUrl => typeUrl;

    public ResourceSlot<TAccepted, TInForce>? Find(string name) => _slots.GetValueOrDefault(name);

    /// <summary>Has workers use a resource. Returns whether it was made from another version than the one before.</summary>
    public bool Put(ResourceSlot<TAccepted, TInForce> slot, TInForce? inForce, TAccepted? source)
    {
        if (!ReferenceEquals(slot.InForce, inForce))
        {
            slot.InForce = inForce;
            _inForce = null;
        }

        var isOther = !ReferenceEquals(slot.InForceSource, source);
        slot.InForceSource = source;
        return isOther;
    }

    /// <summary>Compiles a received resource; a bad one leaves the good one of its name in force.</summary>
    public ResourceRefusal? Apply(ReceivedResource resource)
    {
        if (_slots.TryGetValue(resource.Name, out var slot) && slot.IsStatic)
        {
            return new ResourceRefusal(resource.Name, "the bootstrap has a static resource of this name, which cannot be replaced.");
        }

        var scope = new CompileScope();
        TAccepted? accepted = null;
        if (compileReceived is not null)
        {
            accepted = compileReceived(resource.Body, resource.Name, resource.Version, scope);
        }
        else if (scope.Unpack(resource.Body, parser) is { } message)
        {
            if (nameOf(message) != resource.Name)
            {
                scope.Error($"the resource is sent under this name but calls itself `{nameOf(message)}`.");
            }

            accepted = compile(message, slot?.Name ?? resource.Name, resource.Version, scope);
        }

        slot ??= _slots[resource.Name] = new ResourceSlot<TAccepted, TInForce>(resource.Name, false);
        if (accepted is null || scope.HasErrors)
        {
            var error = string.Join(" ", scope.Errors);
            slot.Refuse(error, resource.Version);
            return new ResourceRefusal(resource.Name, error);
        }

        slot.Accept(accepted, resource.Version, resource.Body.Value, time.GetUtcNow());
        HasNews = true;
        return null;
    }

    /// <summary>Compiles a static resource; errors stay in the scope, which fails the bootstrap.</summary>
    public void AddStatic(TMessage message, string name, CompileScope scope)
    {
        if (_slots.ContainsKey(name))
        {
            scope.Error($"there is another static resource with the name `{name}`.");
            return;
        }

        if (compile(message, name, "", scope) is { } accepted)
        {
            HasNews = true;
            var slot = _slots[name] = new ResourceSlot<TAccepted, TInForce>(name, true);
            slot.Accept(accepted, "", message.ToByteString(), time.GetUtcNow());
        }
    }

    /// <summary>Takes a resource out; static ones stay.</summary>
    public bool Remove(string name)
    {
        if (!_slots.TryGetValue(name, out var slot) || slot.IsStatic)
        {
            return false;
        }

        _inForce = null;
        HasNews = true;
        return _slots.Remove(name);
    }

    /// <summary>Takes out what is no longer wanted.</summary>
    public void KeepOnly(IReadOnlySet<string> names)
    {
        foreach (var name in _slots.Values.Where(s => !s.IsStatic && !names.Contains(s.Name)).Select(s => s.Name).ToList())
        {
            _slots.Remove(name);
            _inForce = null;
        }
    }
}
