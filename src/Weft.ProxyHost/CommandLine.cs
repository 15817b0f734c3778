using System.Globalization;
using Weft.Proxy.Hosting;

namespace Weft.ProxyHost;

/// <summary>The arguments of <c>weft-proxy</c>; Envoy's names where Envoy has them.</summary>
internal static class CommandLine
{
    public const string Help =
        """
        weft-proxy: the data plane of the Weft service mesh.

        Examples:
          weft-proxy -c proxy.yaml                      run with a bootstrap file
          weft-proxy -c proxy.yaml --concurrency 4      with four workers
          weft-proxy -c proxy.yaml --mode validate      check the file and end
          weft-proxy -c proxy.yaml --take-over          replace the running proxy; no connection is lost

        Options:
          -c, --config-path FILE    the bootstrap (YAML or JSON: node, admin, static_resources, dynamic_resources)
          --concurrency N           workers, one thread each (default 2)
          --take-over               take the sockets of the running proxy with the same admin address, and its place
                                    once this one is ready; if it never is, the running one goes on
          --drain-time-s N          how long open requests may go on after SIGTERM, or in the proxy that was
                                    replaced (default 5)
          --drain-notice-s N        how long after SIGTERM new connections are still served while readiness fails
                                    already (default 1)
          --tls-records own|openssl who protects the records of TLS 1.3 with AES-GCM after the handshake: the proxy itself
                                    where the processor has the instructions, or OpenSSL (default own)
          -l, --log-level LEVEL     error, warning, info or debug (default info)
          --mode serve|validate     validate only checks the bootstrap
          --version                 the version
          -h, --help                this text

        Exit codes: 0 ended in good order or was replaced, 1 the bootstrap has errors, 2 wrong arguments, or it could not
        start or take over.

        """;

    /// <summary>Reads the arguments; <paramref name="image"/> is what only <see cref="BootstrapImage"/> gives; <paramref name="error"/> is a sentence when they are wrong.</summary>
    public static ProxyProcessOptions? Parse(string[] arguments, out bool validateOnly, out int? image, out string error)
    {
        ProxyProcessOptions options = new() { BootstrapFile = "", DrainNotice = TimeSpan.FromSeconds(1) };
        validateOnly = false;
        image = null;
        error = "";
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            if (name == "--take-over")
            {
                options = options with { TakesOver = true };
                continue;
            }

            string? value = i + 1 < arguments.Length ? arguments[i + 1] : null;
            int equals = name.IndexOf('=', StringComparison.Ordinal);
            if (name.StartsWith("--", StringComparison.Ordinal) && equals > 0)
            {
                value = name[(equals + 1)..];
                name = name[..equals];
                i--;
            }

            if (value is null)
            {
                error = $"'{name}' needs a value, or is not an option; see weft-proxy --help.";
                return null;
            }

            i++;
            switch (name)
            {
                case "-c" or "--config-path":
                    options = options with { BootstrapFile = value };
                    break;
                case "--concurrency" when Number(value, 1, 256, out int workers):
                    options = options with { Concurrency = workers };
                    break;
                case "--drain-time-s" when Number(value, 0, 3600, out int seconds):
                    options = options with { DrainTime = TimeSpan.FromSeconds(seconds) };
                    break;
                case "--drain-notice-s" when Number(value, 0, 3600, out int seconds):
                    options = options with { DrainNotice = TimeSpan.FromSeconds(seconds) };
                    break;
                case "--tls-records" when value is "own" or "openssl":
                    options = options with { OpenSslRecords = value == "openssl" };
                    break;
                case "--tls-records":
                    error = $"'{name}' takes own or openssl, not '{value}'; see weft-proxy --help.";
                    return null;
                case "-l" or "--log-level" when value is "error" or "warning" or "info" or "debug":
                    options = options with { LogLevel = value };
                    break;
                case "--mode" when value is "serve" or "validate":
                    validateOnly = value == "validate";
                    break;
                case BootstrapImage.Argument when Number(value, 3, int.MaxValue, out int descriptor):
                    image = descriptor;
                    break;
                default:
                    error = $"'{name} {value}' is not understood; see weft-proxy --help.";
                    return null;
            }
        }

        if (options.BootstrapFile.Length > 0) return options;
        error = "A bootstrap file is needed: weft-proxy -c FILE; see weft-proxy --help.";
        return null;
    }

    private static bool Number(string text, int least, int most, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most;
}
