namespace Weft.Control.Discovery.Translation.Listeners;

/// <summary>One way in which an inbound port can be spoken to.</summary>
/// <param name="TransportProtocol"><c>tls</c> or <c>raw_buffer</c>; empty for either.</param>
/// <param name="ApplicationProtocols">What the sniffed or offered protocols must be among; empty for any.</param>
/// <param name="Http">The chain handles HTTP; else it copies bytes.</param>
/// <param name="EndsTls">The chain ends mutual TLS; a TLS chain that does not passes the application's own TLS through.</param>
internal sealed record FilterChainKind(string TransportProtocol, IReadOnlyList<string> ApplicationProtocols, bool Http, bool EndsTls);
