namespace Weft.Policy.Resilience;

/// <summary>How one request to an endpoint ended, as outlier detection sees it.</summary>
public enum OutlierOutcome : byte
{
    /// <summary>An answer below 500.</summary>
    Success,

    /// <summary>An answer of 500, 501 or above 504.</summary>
    ServerError,

    /// <summary>An answer of 502, 503 or 504.</summary>
    GatewayError,

    /// <summary>No connection could be made in time, or none at all: counts as 504 or 503 unless counted apart.</summary>
    ConnectFailure,

    /// <summary>The stream or the connection ended without an answer: counts as 500 unless counted apart.</summary>
    LocalFailure,

    /// <summary>A connection was made; ends a run of local failures where these are counted apart.</summary>
    ConnectSuccess,
}
