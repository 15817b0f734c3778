using System.Runtime.CompilerServices;

namespace Weft.Kernel.Tests;

/// <summary>A test that makes network namespaces: skipped, with the reason, when the run may not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (!Environment.IsPrivilegedProcess)
            Skip = "Making network namespaces needs root.";
    }
}
