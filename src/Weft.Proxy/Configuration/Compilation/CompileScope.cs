using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Weft.Xds;

namespace Weft.Proxy.Configuration.Compilation;

/// <summary>Where in a resource the compiler is, and the errors found so far. Paths are put together only for errors.</summary>
internal sealed class CompileScope
{
    private readonly CompileScope? _parent;
    private readonly string _field = "";
    private readonly int _index = -1;

    public CompileScope() => Errors = [];

    private CompileScope(CompileScope parent, string field, int index)
    {
        _parent = parent;
        _field = field;
        _index = index;
        Errors = parent.Errors;
    }

    public List<ConfigurationError> Errors { get; }

    public bool HasErrors => Errors.Count > 0;

    public string Path
    {
        get
        {
            if (_parent is null)
            {
                return "";
            }

            var own = _index < 0 ? _field : $"{_field}[{_index}]";
            var above = _parent.Path;
            return above.Length == 0 ? own : $"{above}.{own}";
        }
    }

    public CompileScope Field(string name) => new(this, name, -1);

    public CompileScope Item(string name, int index) => new(this, name, index);

    public void Error(string message) => Errors.Add(new ConfigurationError(Path, message));

    /// <summary>An error at a path below this one.</summary>
    public void ErrorAt(string path, string message)
    {
        var own = Path;
        Errors.Add(new ConfigurationError(own.Length == 0 || path.Length == 0 ? own + path : $"{own}.{path}", message));
    }

    /// <summary>What the engine does not enforce is refused by name, never ignored.</summary>
    public void Refuse(bool isSet, string field, string? why = null)
    {
        if (isSet)
        {
            Field(field).Error(why is null ? "weft-proxy does not support this field." : $"weft-proxy does not support this: {why}");
        }
    }

    /// <summary>A duration, which must not be negative; null gives the fallback.</summary>
    public TimeSpan Duration(Duration? duration, string field, TimeSpan fallback)
    {
        if (duration is null)
        {
            return fallback;
        }

        try
        {
            var span = duration.ToTimeSpan();
            if (span >= TimeSpan.Zero)
            {
                return span;
            }
        }
        catch (InvalidOperationException)
        {
            // Not a normalised duration: the same answer as for a negative one.
        }

        Field(field).Error($"{duration.Seconds} s {duration.Nanos} ns is not a duration that is zero or positive.");
        return fallback;
    }

    /// <summary>A count that must fit a signed 32-bit number and a range.</summary>
    public int Count(uint? value, string field, int fallback, int least = 0, int most = int.MaxValue)
    {
        if (value is not { } given)
        {
            return fallback;
        }

        if (given >= least && given <= most)
        {
            return (int)given;
        }

        Field(field).Error($"{given} is out of range: {least} to {most} is allowed.");
        return fallback;
    }

    /// <summary>Takes a message out of an <c>Any</c>, with a look for fields that this build does not know.</summary>
    public T? Unpack<T>(Any any, MessageParser<T> parser)
        where T : class, IMessage<T> => Unpack(any.Value, parser, any.TypeUrl);

    /// <summary>The same for the bytes of a message whose type is known.</summary>
    public T? Unpack<T>(ByteString bytes, MessageParser<T> parser, string typeUrl = "")
        where T : class, IMessage<T>
    {
        T message;
        try
        {
            message = parser.WithDiscardUnknownFields(true).ParseFrom(bytes);
            // Equal lengths prove that nothing was discarded. Else it may only be another encoding of the same, which a second
            // parse tells; doing that always would double the garbage of a push.
            if (message.CalculateSize() != bytes.Length && message.CalculateSize() != parser.ParseFrom(bytes).CalculateSize())
            {
                Error(UnknownFields.Describe(bytes, message.Descriptor));
            }
        }
        catch (InvalidProtocolBufferException e)
        {
            Error($"the bytes are not a `{(typeUrl.Length > 0 ? XdsTypeUrls.MessageName(typeUrl) : typeof(T).Name)}`: {e.Message}");
            return null;
        }

        return message;
    }

    /// <summary>A <c>typed_config</c> of a kind that is not supported.</summary>
    public void RefuseType(string name, Any? any) => Error(any is null
        ? $"`{name}` has no typed_config."
        : $"weft-proxy does not support `{XdsTypeUrls.MessageName(any.TypeUrl)}` (`{name}`) here.");
}
