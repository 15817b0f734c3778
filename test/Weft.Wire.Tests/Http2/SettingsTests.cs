using System.Text;
using Weft.Wire.Http2;

namespace Weft.Wire.Tests.Http2;

/// <summary>SETTINGS, the settings in an upgrade, and the preface.</summary>
public sealed class SettingsTests
{
    [Fact]
    public void WrittenSettings_AreReadBack()
    {
        Http2Settings settings = new()
        {
            HeaderTableSize = 0,
            EnablePush = false,
            MaxConcurrentStreams = 100,
            InitialWindowSize = int.MaxValue,
            MaxFrameSize = Http2Settings.MaxMaxFrameSize,
            MaxHeaderListSize = 60 * 1024,
            EnableConnectProtocol = true,
        };
        byte[] payload = new byte[Http2SettingsPayload.MaxBytes];
        Assert.Equal(payload.Length, Http2SettingsPayload.Write(payload, settings));
        Http2Settings read = new();
        Assert.True(Http2SettingsPayload.Apply(payload, fromServer: true, ref read).IsNone);
        Assert.Equal(settings, read);
        Assert.Equal(0, Http2SettingsPayload.Write(payload, new Http2Settings()));
    }

    [Theory]
    [InlineData("0002 00000002", Http2ErrorCode.ProtocolError)]
    [InlineData("0004 80000000", Http2ErrorCode.FlowControlError)]
    [InlineData("0005 00003fff", Http2ErrorCode.ProtocolError)]
    [InlineData("0005 01000000", Http2ErrorCode.ProtocolError)]
    [InlineData("0008 00000002", Http2ErrorCode.ProtocolError)]
    [InlineData("0009 00000002", Http2ErrorCode.ProtocolError)]
    public void SettingThatCannotBe_EndsTheConnectionAndChangesNothing(string hex, Http2ErrorCode code)
    {
        Http2Settings settings = new();
        Assert.Equal(Http2Error.Connection(code, Http2Reason.BadSetting), Http2SettingsPayload.Apply(FieldList.Hex("0003 00000001" + hex), fromServer: false, ref settings));
        Assert.Equal(new Http2Settings(), settings);
    }

    [Fact]
    public void ServerThatEnablesPush_IsRefused()
    {
        Http2Settings settings = new();
        Assert.False(Http2SettingsPayload.Apply(FieldList.Hex("0002 00000001"), fromServer: true, ref settings).IsNone);
        Assert.True(Http2SettingsPayload.Apply(FieldList.Hex("0002 00000001"), fromServer: false, ref settings).IsNone);
    }

    [Fact]
    public void ConnectProtocol_MayNotBeTakenBack()
    {
        Http2Settings settings = new();
        Assert.True(Http2SettingsPayload.Apply(FieldList.Hex("0008 00000001"), fromServer: true, ref settings).IsNone);
        Assert.True(settings.EnableConnectProtocol);
        Assert.False(Http2SettingsPayload.Apply(FieldList.Hex("0008 00000000"), fromServer: true, ref settings).IsNone);
    }

    [Fact]
    public void UnknownAndRepeatedSettings_AreIgnoredOrTheLastCounts()
    {
        Http2Settings settings = new();
        Assert.True(Http2SettingsPayload.Apply(FieldList.Hex("00ff ffffffff 0003 00000001 0003 00000002 0009 00000001"), fromServer: false, ref settings).IsNone);
        Assert.Equal(2u, settings.MaxConcurrentStreams);
    }

    [Theory]
    [InlineData("AAMAAABkAAQAoAAAAAIAAAAA", true)]
    [InlineData("AAMAAABkAAQAoAAAAAIAAAA", false)]
    [InlineData("AAMAAABk", true)]
    [InlineData("", true)]
    [InlineData("AAMAAAB", false)]
    [InlineData("AAMA AABk", false)]
    [InlineData("AAMAAABk\r\n", false)]
    [InlineData("AAMA+/Bk", false)]
    [InlineData("AAQAgAAA", true)]
    [InlineData("AASAAAAA", false)]
    [InlineData("AAUAAAAB", false)]
    public void UpgradeSettings_AreDecodedStrictly(string value, bool isTaken)
    {
        Assert.Equal(isTaken, Http2UpgradeSettings.TryRead(Encoding.ASCII.GetBytes(value), out Http2Settings settings));
        if (value.Length > 8 && isTaken)
            Assert.Equal((100u, 10_485_760, false), (settings.MaxConcurrentStreams, settings.InitialWindowSize, settings.EnablePush));
    }

    [Fact]
    public void LongUpgradeSettings_AreRefused()
    {
        Assert.True(Http2UpgradeSettings.TryRead(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("AAMAAABk", 32))), out _));
        Assert.False(Http2UpgradeSettings.TryRead(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("AAMAAABk", 33))), out _));
    }

    [Fact]
    public void Preface_IsReadInAnyPieces()
    {
        byte[] input = [.. Http2Preface.Bytes, 0, 0, 0];
        for (int cut = 0; cut <= input.Length; cut++)
        {
            int matched = 0;
            Assert.True(Http2Preface.Read(input.AsSpan(0, cut), ref matched, out int consumed).IsNone);
            Assert.Equal(Math.Min(cut, 24), consumed);
            Assert.True(Http2Preface.Read(input.AsSpan(consumed), ref matched, out int rest).IsNone);
            Assert.Equal((24, 24), (matched, consumed + rest));
        }
    }

    [Fact]
    public void BrokenPreface_IsSeenAtItsFirstWrongByte()
    {
        for (int wrong = 0; wrong < Http2Preface.Bytes.Length; wrong++)
        {
            byte[] input = Http2Preface.Bytes.ToArray();
            input[wrong] ^= 1;
            int matched = 0;
            Assert.True(Http2Preface.Read(input.AsSpan(0, wrong), ref matched, out int consumed).IsNone);
            Assert.Equal(Http2Error.Connection(Http2ErrorCode.ProtocolError, Http2Reason.BadPreface), Http2Preface.Read(input.AsSpan(consumed, 1), ref matched, out consumed));
            Assert.Equal(0, consumed);
        }
    }
}
