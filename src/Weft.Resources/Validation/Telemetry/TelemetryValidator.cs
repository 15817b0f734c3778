using Google.Protobuf.Collections;
using Istio.Telemetry.V1Alpha1;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Telemetry;

/// <summary>Rules for Telemetry: tracing, metrics and access logging.</summary>
internal static class TelemetryValidator
{
    public static void Check(Scope at, Istio.Telemetry.V1Alpha1.Telemetry telemetry)
    {
        SelectorRules.Workloads(at["selector"], telemetry.Selector);
        SelectorRules.Targets(at.Here(), "selector", telemetry.Selector is not null, telemetry.TargetRef, telemetry.TargetRefs);
        for (int i = 0; i < telemetry.Tracing.Count; i++)
            Tracing(at["tracing"][i], telemetry.Tracing[i]);
        for (int i = 0; i < telemetry.Metrics.Count; i++)
            Metrics(at["metrics"][i], telemetry.Metrics[i]);
        for (int i = 0; i < telemetry.AccessLogging.Count; i++)
            Logging(at["accessLogging"][i], telemetry.AccessLogging[i]);
    }

    private static void Tracing(Scope at, Tracing tracing)
    {
        Providers(at["providers"], tracing.Providers);
        if (tracing.Providers.Count > 1)
            at["providers"].Report(ValueDiagnostics.NoEffect, "names several providers, but traces go to the first one only.", "Name one provider.");
        if (tracing.RandomSamplingPercentage is { } percent)
            ValueRules.Range(at["randomSamplingPercentage"], percent, 0, 100);
        foreach ((string name, Tracing.Types.CustomTag tag) in tracing.CustomTags)
            CustomTag(at["customTags"], at["customTags"][name], name, tag);
    }

    private static void CustomTag(Scope list, Scope at, string name, Tracing.Types.CustomTag tag)
    {
        if (name.Length == 0)
            list.Report(SecurityDiagnostics.Telemetry, "has a tag without a name.", "Write the tag's name as the key.");
        switch (tag.TypeCase)
        {
            case Istio.Telemetry.V1Alpha1.Tracing.Types.CustomTag.TypeOneofCase.Literal:
                ValueRules.Required(at["literal"]["value"], tag.Literal.Value, "value: text");
                break;
            case Istio.Telemetry.V1Alpha1.Tracing.Types.CustomTag.TypeOneofCase.Environment:
                ValueRules.Required(at["environment"]["name"], tag.Environment.Name, "name: HOSTNAME");
                break;
            case Istio.Telemetry.V1Alpha1.Tracing.Types.CustomTag.TypeOneofCase.Header:
                if (ValueRules.Required(at["header"]["name"], tag.Header.Name, "name: x-tenant"))
                    HeaderRules.Name(at["header"]["name"], tag.Header.Name);
                break;
            case Istio.Telemetry.V1Alpha1.Tracing.Types.CustomTag.TypeOneofCase.Formatter:
                ValueRules.Required(at["formatter"]["value"], tag.Formatter.Value, "value: \"%REQ(x-tenant)%\"");
                break;
            default:
                at.Report(SecurityDiagnostics.Telemetry, "has no value.", "Set literal, environment, header or formatter.");
                break;
        }
    }

    private static void Metrics(Scope at, Metrics metrics)
    {
        Providers(at["providers"], metrics.Providers);
        ValueRules.Duration(at["reportingInterval"], metrics.ReportingInterval);
        for (int i = 0; i < metrics.Overrides.Count; i++)
        {
            MetricsOverrides change = metrics.Overrides[i];
            Scope place = at["overrides"][i];
            if (change.Match is { MetricMatchCase: MetricSelector.MetricMatchOneofCase.CustomMetric, CustomMetric.Length: 0 })
                place["match"]["customMetric"].Report(SecurityDiagnostics.Telemetry, "is empty.", "Write the metric's name, or metric: REQUEST_COUNT.");
            foreach ((string tag, MetricsOverrides.Types.TagOverride value) in change.TagOverrides)
                TagOverride(place["tagOverrides"][tag], value);
        }
    }

    private static void TagOverride(Scope at, MetricsOverrides.Types.TagOverride change)
    {
        bool removes = change.Operation == MetricsOverrides.Types.TagOverride.Types.Operation.Remove;
        if (removes && change.Value.Length > 0)
            at["value"].Report(SecurityDiagnostics.Telemetry, "is not allowed with the operation REMOVE.", "Remove the value, or write operation: UPSERT.");
        if (!removes && change.Value.Length == 0)
            at["value"].Report(SecurityDiagnostics.Telemetry, "is required with the operation UPSERT.", "Write value: \"request.host\", or operation: REMOVE.");
    }

    private static void Logging(Scope at, AccessLogging logging)
    {
        Providers(at["providers"], logging.Providers);
        if (logging.Filter is { } filter && ValueRules.Required(at["filter"]["expression"], filter.Expression, "expression: response.code >= 400"))
            Expression(at["filter"]["expression"], filter.Expression);
    }

    /// <summary>CEL is not evaluated here; brackets and quotes that do not close are found all the same.</summary>
    private static void Expression(Scope at, string expression)
    {
        Stack<char> open = [];
        char quote = '\0';
        for (int i = 0; i < expression.Length; i++)
        {
            char c = expression[i];
            if (quote != '\0')
            {
                if (c == '\\')
                    i++;
                else if (c == quote)
                    quote = '\0';
            }
            else if (c is '"' or '\'')
            {
                quote = c;
            }
            else if (c is '(' or '[' or '{')
            {
                open.Push(c);
            }
            else if (c is ')' or ']' or '}' && (open.Count == 0 || open.Pop() != (c == ')' ? '(' : c == ']' ? '[' : '{')))
            {
                at.Report(SecurityDiagnostics.Telemetry, $"has a {c} that nothing opens.", "Check the brackets of the expression.");
                return;
            }
        }
        if (open.Count > 0 || quote != '\0')
            at.Report(SecurityDiagnostics.Telemetry, $"has a {(quote != '\0' ? quote : open.Peek())} that is not closed.", "Check the brackets and quotes of the expression.");
    }

    private static void Providers(Scope at, RepeatedField<ProviderRef> providers)
    {
        for (int i = 0; i < providers.Count; i++)
            ValueRules.Required(at[i]["name"], providers[i].Name, "name: prometheus");
    }
}
