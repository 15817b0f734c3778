using Google.Protobuf;

namespace Weft.Proxy.Grpc;

/// <summary>A method of a service, and how its answers are read.</summary>
/// <typeparam name="TRequest">What is written.</typeparam>
/// <typeparam name="TResponse">What is read.</typeparam>
/// <param name="Path">Such as <c>/package.Service/Method</c>.</param>
/// <param name="Parser">Reads an answer.</param>
public sealed record GrpcMethod<TRequest, TResponse>(string Path, MessageParser<TResponse> Parser)
    where TRequest : class, IMessage
    where TResponse : class, IMessage<TResponse>;
