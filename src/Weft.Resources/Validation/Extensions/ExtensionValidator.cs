using System.Text;
using Google.Protobuf.Collections;
using Istio.Extensions.V1Alpha1;
using Istio.Type.V1Beta1;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Extensions;

/// <summary>Rules for WasmPlugin and TrafficExtension.</summary>
internal static class ExtensionValidator
{
    private const int MaxVariables = 256, MaxVariableName = 256, MaxVariableValue = 2048, MaxPluginName = 256, MaxSecretName = 253, MaxLuaBytes = 65536, DigestLength = 64;
    private static readonly string[] Schemes = ["oci", "file", "http", "https"];

    public static void Check(Scope at, WasmPlugin plugin)
    {
        SelectorRules.Workloads(at["selector"], plugin.Selector);
        SelectorRules.Targets(at.Here(), "selector", plugin.Selector is not null, plugin.TargetRef, plugin.TargetRefs);
        Module(at, plugin.Url, plugin.Sha256, plugin.ImagePullSecret, plugin.PluginName, plugin.VmConfig);
        for (int i = 0; i < plugin.Match.Count; i++)
            Ports(at["match"][i]["ports"], plugin.Match[i].Ports);
    }

    public static void Check(Scope at, TrafficExtension extension)
    {
        SelectorRules.Workloads(at["selector"], extension.Selector);
        SelectorRules.Targets(at.Here(), "selector", extension.Selector is not null, null, extension.TargetRefs);
        for (int i = 0; i < extension.Match.Count; i++)
            Ports(at["match"][i]["ports"], extension.Match[i].Ports);
        switch (extension.FilterConfigCase)
        {
            case TrafficExtension.FilterConfigOneofCase.Wasm:
                WasmConfig wasm = extension.Wasm;
                Module(at["wasm"], wasm.Url, wasm.Sha256, wasm.ImagePullSecret, wasm.PluginName, wasm.VmConfig);
                break;
            case TrafficExtension.FilterConfigOneofCase.Lua:
                int bytes = Encoding.UTF8.GetByteCount(extension.Lua.InlineCode);
                if (ValueRules.Required(at["lua"]["inlineCode"], extension.Lua.InlineCode, "inlineCode: \"function envoy_on_request(handle) end\"") && bytes > MaxLuaBytes)
                    at["lua"]["inlineCode"].Report(ValueDiagnostics.Limit, $"is {bytes} bytes long, but at most {MaxLuaBytes} are allowed.");
                break;
            default:
                at.Report(TrafficDiagnostics.Extension, "has neither wasm nor lua.", "Set one of them.");
                break;
        }
    }

    private static void Module(Scope at, string url, string sha256, string secret, string name, VmConfig? vm)
    {
        if (ValueRules.Required(at["url"], url, "url: oci://registry.example.com/plugin:v1"))
        {
            int scheme = url.IndexOf("://", StringComparison.Ordinal);
            if (scheme >= 0 && !Schemes.Contains(url[..scheme]))
                at["url"].Report(ValueDiagnostics.Url, $"has the scheme \"{url[..scheme]}\".", "Write oci://, file://, http:// or https://.");
        }
        if (sha256.Length > 0 && (sha256.Length != DigestLength || !sha256.All(char.IsAsciiHexDigitLower)))
            at["sha256"].Report(TrafficDiagnostics.Extension, "is no SHA-256 digest.", "Write 64 lower-case hexadecimal digits: sha256sum FILE.");
        ValueRules.Length(at["imagePullSecret"], secret, MaxSecretName);
        ValueRules.Length(at["pluginName"], name, MaxPluginName);
        if (vm is not null)
            Variables(at["vmConfig"]["env"], vm.Env);
    }

    private static void Variables(Scope at, RepeatedField<EnvVar> variables)
    {
        ValueRules.Limit(at.Here(), variables.Count, MaxVariables, "variables");
        HashSet<string> names = [];
        for (int i = 0; i < variables.Count; i++)
        {
            EnvVar variable = variables[i];
            if (ValueRules.Required(at[i]["name"], variable.Name, "name: MODE") && !names.Add(variable.Name))
                at[i]["name"].Report(ValueDiagnostics.Duplicate, $"repeats the variable \"{variable.Name}\".", "Keep one of them.");
            ValueRules.Length(at[i]["name"], variable.Name, MaxVariableName);
            ValueRules.Length(at[i]["value"], variable.Value, MaxVariableValue);
            if (variable is { ValueFrom: EnvValueSource.Host, Value.Length: > 0 })
                at[i]["value"].Report(ValueDiagnostics.Exclusive, "is allowed with valueFrom: INLINE only.", "Remove the value, or valueFrom.");
        }
    }

    private static void Ports(Scope at, RepeatedField<PortSelector> ports)
    {
        HashSet<uint> seen = [];
        for (int i = 0; i < ports.Count; i++)
        {
            ValueRules.Port(at[i]["number"], ports[i].Number);
            if (!seen.Add(ports[i].Number))
                at[i]["number"].Report(ValueDiagnostics.Duplicate, $"repeats the port {ports[i].Number}.", "Remove one of them.");
        }
    }
}
