namespace Weft.Kernel;

/// <summary>The kernel, or a tool that speaks with it, refused an operation. The message is a sentence with what was tried, the cause, and what to do.</summary>
public sealed class KernelOperationException(string message, Exception? inner = null) : Exception(message, inner);
