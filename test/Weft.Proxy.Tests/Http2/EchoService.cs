using Grpc.Core;

namespace Weft.Proxy.Tests.Http2;

/// <summary>A gRPC service of bytes, with every kind of call.</summary>
[BindServiceMethod(typeof(EchoService), nameof(Bind))]
public class EchoService
{
    private const string Name = "weft.test.Echo";
    private static readonly Marshaller<byte[]> s_bytes = Marshallers.Create(static bytes => bytes, static bytes => bytes);

    public static readonly Method<byte[], byte[]> UnaryMethod = new(MethodType.Unary, Name, nameof(Unary), s_bytes, s_bytes);
    public static readonly Method<byte[], byte[]> ManyMethod = new(MethodType.ServerStreaming, Name, nameof(Many), s_bytes, s_bytes);
    public static readonly Method<byte[], byte[]> SumMethod = new(MethodType.ClientStreaming, Name, nameof(Sum), s_bytes, s_bytes);
    public static readonly Method<byte[], byte[]> TalkMethod = new(MethodType.DuplexStreaming, Name, nameof(Talk), s_bytes, s_bytes);
    public static readonly Method<byte[], byte[]> FailMethod = new(MethodType.Unary, Name, nameof(Fail), s_bytes, s_bytes);
    public static readonly Method<byte[], byte[]> HangMethod = new(MethodType.Unary, Name, nameof(Hang), s_bytes, s_bytes);

    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _hanging = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A call hangs.</summary>
    public Task Hanging => _hanging.Task;

    /// <summary>The call that hung was cancelled.</summary>
    public Task Cancelled => _cancelled.Task;

    public static void Bind(ServiceBinderBase binder, EchoService? service)
    {
        binder.AddMethod(UnaryMethod, service is null ? null! : service.Unary);
        binder.AddMethod(ManyMethod, service is null ? null! : service.Many);
        binder.AddMethod(SumMethod, service is null ? null! : service.Sum);
        binder.AddMethod(TalkMethod, service is null ? null! : service.Talk);
        binder.AddMethod(FailMethod, service is null ? null! : service.Fail);
        binder.AddMethod(HangMethod, service is null ? null! : service.Hang);
    }

    /// <summary>The same bytes, with the metadata <c>x-in</c> as head <c>x-head</c> and trailer <c>x-trailer</c>.</summary>
    public virtual async Task<byte[]> Unary(byte[] request, ServerCallContext context)
    {
        string given = context.RequestHeaders.GetValue("x-in") ?? "";
        await context.WriteResponseHeadersAsync(new Metadata { { "x-head", given } });
        context.ResponseTrailers.Add("x-trailer", given);
        return request;
    }

    /// <summary>Messages of growing length, as many as the first byte says times ten.</summary>
    public virtual async Task Many(byte[] request, IServerStreamWriter<byte[]> answers, ServerCallContext context)
    {
        for (int i = 0; i < request[0] * 10; i++) await answers.WriteAsync(new byte[i], context.CancellationToken);
    }

    /// <summary>How many bytes came.</summary>
    public virtual async Task<byte[]> Sum(IAsyncStreamReader<byte[]> requests, ServerCallContext context)
    {
        int sum = 0;
        while (await requests.MoveNext(context.CancellationToken)) sum += requests.Current.Length;
        return BitConverter.GetBytes(sum);
    }

    /// <summary>Each message as it comes.</summary>
    public virtual async Task Talk(IAsyncStreamReader<byte[]> requests, IServerStreamWriter<byte[]> answers, ServerCallContext context)
    {
        while (await requests.MoveNext(context.CancellationToken)) await answers.WriteAsync(requests.Current, context.CancellationToken);
    }

    public virtual Task<byte[]> Fail(byte[] request, ServerCallContext context) => throw new RpcException(new Status(StatusCode.FailedPrecondition, "not like this"));

    public virtual async Task<byte[]> Hang(byte[] request, ServerCallContext context)
    {
        await using CancellationTokenRegistration registration = context.CancellationToken.Register(() => _cancelled.TrySetResult());
        _hanging.TrySetResult();
        await _cancelled.Task;
        throw new RpcException(Status.DefaultCancelled);
    }
}
