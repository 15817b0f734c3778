namespace Weft.Fuzz.Targets;

/// <summary>What a script does for one record.</summary>
internal enum TlsRecordKind
{
    /// <summary>Sealed as a good peer would.</summary>
    Sealed = 1,

    /// <summary>Sealed, and one of its bytes changed.</summary>
    Changed = 2,

    /// <summary>Bytes as they are.</summary>
    Raw = 3,
}
