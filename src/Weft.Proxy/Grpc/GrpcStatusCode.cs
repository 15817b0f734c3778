namespace Weft.Proxy.Grpc;

/// <summary>The outcome of a call, with the numbers of gRPC's own list.</summary>
public enum GrpcStatusCode
{
    /// <summary>The call did what was asked.</summary>
    Ok = 0,

    /// <summary>The call was given up, by this side or by the server.</summary>
    Cancelled = 1,

    /// <summary>Nothing better is known.</summary>
    Unknown = 2,

    /// <summary>The request makes no sense, whatever the state of the server.</summary>
    InvalidArgument = 3,

    /// <summary>There was no answer in time.</summary>
    DeadlineExceeded = 4,

    /// <summary>What was asked for is not there.</summary>
    NotFound = 5,

    /// <summary>What was to be made is there already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A bound was passed, here or at the server.</summary>
    ResourceExhausted = 8,

    /// <summary>The server's state forbids it.</summary>
    FailedPrecondition = 9,

    /// <summary>The server gave up for a conflict.</summary>
    Aborted = 10,

    /// <summary>Beyond the valid range.</summary>
    OutOfRange = 11,

    /// <summary>The server has no such method, or the answer is coded in a way that is not spoken here.</summary>
    Unimplemented = 12,

    /// <summary>One side broke the protocol.</summary>
    Internal = 13,

    /// <summary>The server cannot be reached, or went away; trying again may help.</summary>
    Unavailable = 14,

    /// <summary>Data was lost.</summary>
    DataLoss = 15,

    /// <summary>The caller did not prove who it is.</summary>
    Unauthenticated = 16,
}
