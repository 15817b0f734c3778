using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Weft.Identity;

/// <summary>
/// Tokens by which a proxy proves to the authority who it is: JWTs with an HMAC of a key that only the control plane has.
/// Whoever starts a workload (the supervisor, or an administrator) gets one for it. Safe on any thread.
/// </summary>
/// <remarks>
/// RFC 7519 with HS256 and nothing else: the algorithm is this class's choice, never the token's. A token is a bearer's
/// until it ends, as a Kubernetes service account token is; it is asked for again at each renewal, so it lives for long.
/// </remarks>
public sealed class WorkloadTokens
{
    /// <summary>The audience that Istio's authority expects.</summary>
    public const string Audience = "istio-ca";

    /// <summary>Bytes of the signing key.</summary>
    public const int KeyBytes = 32;

    private const int MaxTokenLength = 4_096;
    private const string Issuer = "weft";
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    private readonly byte[] _key;
    private readonly TimeProvider _time;

    /// <summary>Uses a key.</summary>
    /// <param name="key">At least <see cref="KeyBytes"/> random bytes; copied.</param>
    /// <param name="time">The clock.</param>
    public WorkloadTokens(ReadOnlySpan<byte> key, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        if (key.Length < KeyBytes)
        {
            throw new IdentityException($"The key for workload tokens has {key.Length} bytes; {KeyBytes} are needed.");
        }

        _key = key.ToArray();
        _time = time;
    }

    /// <summary>A new random key.</summary>
    public static byte[] NewKey() => RandomNumberGenerator.GetBytes(KeyBytes);

    /// <summary>Makes a token for a workload.</summary>
    /// <param name="identity">Whom its bearer may be.</param>
    /// <param name="life">How long it is good.</param>
    /// <param name="audience">For whom it is.</param>
    public string Issue(SpiffeId identity, TimeSpan life, string audience = Audience)
    {
        ArgumentNullException.ThrowIfNull(identity);
        var now = _time.GetUtcNow();
        var header = Write(w =>
        {
            w.WriteString("alg", "HS256");
            w.WriteString("typ", "JWT");
        });
        var claims = Write(w =>
        {
            w.WriteString("iss", Issuer);
            w.WriteString("sub", identity.ToString());
            w.WriteString("aud", audience);
            w.WriteNumber("iat", now.ToUnixTimeSeconds());
            w.WriteNumber("exp", (now + life).ToUnixTimeSeconds());
            w.WriteString("jti", Guid.CreateVersion7(now).ToString("N"));
        });
        var signed = $"{header}.{claims}";
        return $"{signed}.{Base64Url.EncodeToString(Sign(signed))}";
    }

    /// <summary>Checks a token.</summary>
    /// <param name="token">The token, without "Bearer".</param>
    /// <param name="identity">Whom its bearer has proven to be, when the result is true.</param>
    /// <param name="error">A sentence for the log and the answer, when the result is false.</param>
    /// <param name="audience">For whom it must be.</param>
    public bool TryVerify(
        string? token, [NotNullWhen(true)] out SpiffeId? identity, [NotNullWhen(false)] out string? error, string audience = Audience)
    {
        identity = null;
        if (string.IsNullOrEmpty(token) || token.Length > MaxTokenLength)
        {
            error = string.IsNullOrEmpty(token) ? "There is no workload token." : $"The workload token has more than {MaxTokenLength} characters.";
            return false;
        }

        var parts = token.Split('.');
        if (parts.Length != 3 || !TryDecode(parts[2], out var signature) || !TryDecode(parts[0], out var header) || !TryDecode(parts[1], out var claims))
        {
            error = "The workload token is not a JWT.";
            return false;
        }

        // The signature comes first: what an unknown sender wrote is not parsed.
        if (!CryptographicOperations.FixedTimeEquals(Sign($"{parts[0]}.{parts[1]}"), signature))
        {
            error = "The workload token was not signed by this control plane.";
            return false;
        }

        return TryRead(header, claims, audience, out identity, out error);
    }

    private bool TryRead(
        byte[] header, byte[] claims, string audience, [NotNullWhen(true)] out SpiffeId? identity, [NotNullWhen(false)] out string? error)
    {
        identity = null;
        try
        {
            using var head = JsonDocument.Parse(header);
            using var body = JsonDocument.Parse(claims);
            if (head.RootElement.GetProperty("alg").GetString() != "HS256")
            {
                error = "The workload token is not signed with HS256.";
                return false;
            }

            var root = body.RootElement;
            var ends = DateTimeOffset.FromUnixTimeSeconds(root.GetProperty("exp").GetInt64());
            if (_time.GetUtcNow() >= ends)
            {
                error = $"The workload token ended at {ends:u}.";
                return false;
            }

            if (root.TryGetProperty("iat", out var issued) && _time.GetUtcNow() + ClockSkew < DateTimeOffset.FromUnixTimeSeconds(issued.GetInt64()))
            {
                error = "The workload token was issued in the future: compare the clocks of the two machines.";
                return false;
            }

            var forWhom = root.GetProperty("aud").GetString();
            if (forWhom != audience)
            {
                error = $"The workload token is for `{forWhom}`, not for `{audience}`.";
                return false;
            }

            return SpiffeId.TryParse(root.GetProperty("sub").GetString(), out identity, out error);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentOutOfRangeException)
        {
            error = $"The workload token's claims cannot be read: {e.Message}";
            return false;
        }
    }

    private static bool TryDecode(string part, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (!Base64Url.IsValid(part))
        {
            return false;
        }

        bytes = Base64Url.DecodeFromChars(part);
        return true;
    }

    private static string Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return Base64Url.EncodeToString(buffer.WrittenSpan);
    }

    private byte[] Sign(string text) => HMACSHA256.HashData(_key, Encoding.ASCII.GetBytes(text));
}
