using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Http;

/// <summary>Sees the record of every exchange and connection as telemetry does; for tests and taps.</summary>
internal interface IExchangeObserver
{
    void OnExchange(in ExchangeRecord record);

    void OnConnection(in ConnectionRecord record);
}
