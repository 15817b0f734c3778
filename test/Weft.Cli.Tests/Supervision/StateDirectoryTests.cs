using Weft.Cli.Supervision;

namespace Weft.Cli.Tests.Supervision;

public sealed class StateDirectoryTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("weft-state-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void AMesh_RunsWhileItsLockIsHeld()
    {
        StateDirectory state = Locate();
        Assert.False(state.IsRunning());
        using (state.Acquire())
        {
            Assert.True(state.IsRunning());
            CliException error = Assert.Throws<CliException>(() => Locate().Acquire());
            Assert.Contains("weft down", error.Message, StringComparison.Ordinal);
        }

        Assert.False(state.IsRunning());
    }

    [Fact]
    public void FilesOfADeadMesh_AreRemovedAndTheAuthorityStays()
    {
        StateDirectory state = Locate();
        using (state.Acquire())
        {
            File.WriteAllText(state.SupervisorSocket, "");
            StateDirectory.WritePrivate(state.RegistrationFile("default", "old"), "{}");
            Directory.CreateDirectory(state.ControlState);
            File.WriteAllText(Path.Combine(state.ControlState, "ca-key.pem"), "kept");
        }

        using IDisposable held = state.Acquire();
        Assert.False(File.Exists(state.SupervisorSocket));
        Assert.Empty(Directory.GetFiles(state.Registrations));
        Assert.True(File.Exists(Path.Combine(state.ControlState, "ca-key.pem")));
    }

    [Fact]
    public void WhatIsWritten_OnlyItsOwnerReads()
    {
        StateDirectory state = Locate();
        using IDisposable held = state.Acquire();
        string file = Path.Combine(state.Path, "token");
        StateDirectory.WritePrivate(file, "secret");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(state.Path));
    }

    [Theory]
    [InlineData("/a", "/b", "/tmp", "/a")]
    [InlineData(null, "/b", "/tmp", "/b")]
    [InlineData(null, null, "/tmp", "/tmp/weft")]
    public void ThePlace_IsTheOptionThenTheVariableThenTheRuntimeDirectory(string? option, string? variable, string? runtime, string expected)
    {
        StateDirectory state = StateDirectory.Locate(option, name => name == "WEFT_STATE" ? variable : name == "XDG_RUNTIME_DIR" ? runtime : null);
        Assert.Equal(expected, state.Path);
    }

    private StateDirectory Locate() => StateDirectory.Locate(Path.Combine(_directory, "s"), static _ => null);
}
