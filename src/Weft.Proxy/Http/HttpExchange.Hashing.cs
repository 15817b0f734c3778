using System.Globalization;
using System.Text;
using Weft.Policy.LoadBalancing;
using Weft.Policy.Routes;
using Weft.Wire.Http;

namespace Weft.Proxy.Http;

/// <summary>What consistent hashing sees of the request, and the cookie that keeps a client with its endpoint.</summary>
internal sealed partial class HttpExchange
{
    private void ComputeHash(scoped in RequestView view, ForwardAction action)
    {
        Span<byte> source = stackalloc byte[64];
        Span<byte> fresh = stackalloc byte[16];
        ulong value = (ulong)_worker.Random.NextInt64(long.MinValue, long.MaxValue);
        value.TryFormat(fresh, out _, "x16", CultureInfo.InvariantCulture);
        if (RequestHash.TryCompute(action.HashRules, view, source[.._client.FormatIp(source)], fresh, out ulong hash, out _stickyCookie))
            _hash = hash;
        _stickyValue = value;
    }

    /// <summary>Sets the cookie that a hash rule asked for, in Envoy's form: <c>name="value"; Max-Age=60; Path=/; HttpOnly</c>.</summary>
    private void AppendStickyCookie()
    {
        if (_stickyCookie is not { } rule) return;
        Span<byte> cookie = stackalloc byte[1024];
        // A name or a path too long for a cookie sets none: the client is then placed anew each time.
        string lifetime = rule.CookieTimeToLive is { Ticks: > 0 } age ? string.Create(CultureInfo.InvariantCulture, $"; Max-Age={(long)age.TotalSeconds}") : "";
        string path = rule.CookiePath.Length > 0 ? $"; Path={rule.CookiePath}" : "";
        if (Encoding.UTF8.TryGetBytes(string.Create(CultureInfo.InvariantCulture, $"{rule.Name}=\"{_stickyValue:x16}\"{lifetime}{path}; HttpOnly"), cookie, out int length))
            _responseEdits.Append(KnownHeader.SetCookie, cookie[..length]);
    }
}
