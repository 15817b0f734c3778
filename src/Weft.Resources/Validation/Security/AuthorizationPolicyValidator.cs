using Google.Protobuf.Collections;
using Istio.Security.V1Beta1;
using Weft.Resources.Decoding;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Security;

/// <summary>Rules for AuthorizationPolicy.</summary>
internal static class AuthorizationPolicyValidator
{
    private const int MaxRules = 512, MaxServiceAccounts = 16, MaxServiceAccountLength = 320;
    private static readonly string[] IdentityKeys = ["source.namespace", "source.serviceAccount", "source.trustDomain", "source.principal"];

    private static readonly string[] ConditionKeys =
    [
        "source.ip", "remote.ip", "source.namespace", "source.serviceAccount", "source.trustDomain", "source.principal", "request.auth.principal",
        "request.auth.audiences", "request.auth.presenter", "destination.ip", "destination.port", "connection.sni",
    ];

    public static void Check(Scope at, AuthorizationPolicy policy)
    {
        SelectorRules.Workloads(at["selector"], policy.Selector);
        SelectorRules.Targets(at.Here(), "selector", policy.Selector is not null, policy.TargetRef, policy.TargetRefs);
        bool isCustom = policy.Action == AuthorizationPolicy.Types.Action.Custom;
        if (isCustom && string.IsNullOrEmpty(policy.Provider?.Name))
            at["provider"]["name"].Report(SecurityDiagnostics.Action, "is required with the action CUSTOM.", "Name one of the mesh configuration's extensionProviders.");
        if (!isCustom && policy.Provider is not null)
            at["provider"].Report(SecurityDiagnostics.Action, "is allowed with the action CUSTOM only.", "Remove it, or write action: CUSTOM.");
        if (policy.Rules.Count == 0 && (isCustom || policy.Action == AuthorizationPolicy.Types.Action.Deny))
            at["rules"].Report(SecurityDiagnostics.Action, $"is empty: a policy with the action {policy.Action.ToString().ToUpperInvariant()} then never applies.", "Write rules: [{}] to match every request.");
        ValueRules.Limit(at["rules"], policy.Rules.Count, MaxRules, "rules");
        for (int i = 0; i < policy.Rules.Count; i++)
        {
            CheckRule(at["rules"][i], policy.Rules[i], isCustom);
            if (policy.Action == AuthorizationPolicy.Types.Action.Deny)
                WarnOfTcp(at["rules"][i], policy.Rules[i]);
        }
    }

    private static void CheckRule(Scope at, Rule rule, bool isCustom)
    {
        for (int i = 0; i < rule.From.Count; i++)
        {
            Scope place = at["from"][i];
            if (rule.From[i].Source is not { } source || source.Equals(new Source()))
                place["source"].Report(SecurityDiagnostics.Rule, "says nothing.", "Write principals, namespaces, ipBlocks or another condition, or leave from out.");
            else
                CheckSource(place["source"], source, isCustom);
        }
        for (int i = 0; i < rule.To.Count; i++)
        {
            Scope place = at["to"][i];
            if (rule.To[i].Operation is not { } operation || operation.Equals(new Operation()))
                place["operation"].Report(SecurityDiagnostics.Rule, "says nothing.", "Write paths, methods, hosts or ports, or leave to out.");
            else
                CheckOperation(place["operation"], operation);
        }
        for (int i = 0; i < rule.When.Count; i++)
            CheckCondition(at["when"][i], rule.When[i], isCustom);
    }

    /// <summary>On a TCP port a DENY rule cannot see what it asks for, and denies to be safe: few people expect that.</summary>
    private static void WarnOfTcp(Scope at, Rule rule)
    {
        bool sourceFitsTcp = rule.From.Select(f => f.Source).Any(s => s is not null
            && s.Principals.Count + s.NotPrincipals.Count + s.Namespaces.Count + s.NotNamespaces.Count + s.ServiceAccounts.Count + s.NotServiceAccounts.Count
                + s.TrustDomains.Count + s.NotTrustDomains.Count + s.IpBlocks.Count + s.NotIpBlocks.Count + s.RemoteIpBlocks.Count + s.NotRemoteIpBlocks.Count > 0);
        bool namesPorts = rule.To.Select(t => t.Operation).Any(o => o is not null && o.Ports.Count + o.NotPorts.Count > 0);
        if (rule.To.Count > 0 ? !namesPorts : rule.From.Count > 0 && !sourceFitsTcp)
        {
            at.Report(
                SecurityDiagnostics.DenyOnTcp, "uses HTTP fields only: on TCP ports it denies all traffic.",
                "Add ports to the operation, so that the rule is for the HTTP ports.");
        }
    }

    private static void CheckSource(Scope at, Source source, bool isCustom)
    {
        (string Field, IReadOnlyList<string> Values)[] identities =
        [
            ("principals", source.Principals), ("notPrincipals", source.NotPrincipals), ("requestPrincipals", source.RequestPrincipals),
            ("notRequestPrincipals", source.NotRequestPrincipals), ("namespaces", source.Namespaces), ("notNamespaces", source.NotNamespaces),
            ("serviceAccounts", source.ServiceAccounts), ("notServiceAccounts", source.NotServiceAccounts),
            ("trustDomains", source.TrustDomains), ("notTrustDomains", source.NotTrustDomains),
        ];
        foreach ((string field, IReadOnlyList<string> values) in identities)
        {
            ValueRules.NoEmptyItems(at[field], values);
            if (isCustom && values.Count > 0)
                at[field].Report(SecurityDiagnostics.Rule, "is not allowed with the action CUSTOM.", "Match by hosts, paths, methods or ipBlocks.");
        }
        foreach ((string field, IReadOnlyList<string> values) in new (string, IReadOnlyList<string>)[]
        {
            ("ipBlocks", source.IpBlocks), ("notIpBlocks", source.NotIpBlocks), ("remoteIpBlocks", source.RemoteIpBlocks), ("notRemoteIpBlocks", source.NotRemoteIpBlocks),
        })
        {
            for (int i = 0; i < values.Count; i++)
                ValueRules.AddressOrSubnet(at[field][i], values[i]);
        }
        ServiceAccounts(at["serviceAccounts"], source.ServiceAccounts);
        ServiceAccounts(at["notServiceAccounts"], source.NotServiceAccounts);
        bool namesPlaces = source.Principals.Count + source.NotPrincipals.Count + source.Namespaces.Count + source.NotNamespaces.Count > 0;
        if (source.ServiceAccounts.Count + source.NotServiceAccounts.Count > 0 && namesPlaces)
            at[source.ServiceAccounts.Count > 0 ? "serviceAccounts" : "notServiceAccounts"].Report(ValueDiagnostics.Exclusive, "cannot be combined with principals or namespaces.", "A service account names its namespace already: ns/account.");
    }

    private static void ServiceAccounts(Scope at, RepeatedField<string> accounts)
    {
        ValueRules.Limit(at.Here(), accounts.Count, MaxServiceAccounts, "service accounts");
        for (int i = 0; i < accounts.Count; i++)
        {
            ValueRules.Length(at[i], accounts[i], MaxServiceAccountLength);
            string[] parts = accounts[i].Split('/');
            if (parts.Length > 2 || parts.Any(p => p.Length == 0) || accounts[i].Contains('*', StringComparison.Ordinal))
                at[i].Report(SecurityDiagnostics.Rule, $"is no service account: \"{accounts[i]}\".", "Write account or namespace/account, without wildcards.");
        }
    }

    private static void CheckOperation(Scope at, Operation operation)
    {
        foreach ((string field, IReadOnlyList<string> values) in new (string, IReadOnlyList<string>)[]
        {
            ("hosts", operation.Hosts), ("notHosts", operation.NotHosts), ("methods", operation.Methods), ("notMethods", operation.NotMethods),
            ("paths", operation.Paths), ("notPaths", operation.NotPaths),
        })
            ValueRules.NoEmptyItems(at[field], values);
        Ports(at["ports"], operation.Ports);
        Ports(at["notPorts"], operation.NotPorts);
        Paths(at["paths"], operation.Paths);
        Paths(at["notPaths"], operation.NotPaths);
    }

    private static void Ports(Scope at, IReadOnlyList<string> ports)
    {
        for (int i = 0; i < ports.Count; i++)
        {
            if (!int.TryParse(ports[i], out int port) || port is < 1 or > 65535)
                at[i].Report(ValueDiagnostics.Port, $"is \"{ports[i]}\", but a port is \"1\" to \"65535\".");
        }
    }

    private static void Paths(Scope at, RepeatedField<string> paths)
    {
        for (int i = 0; i < paths.Count; i++)
        {
            if (paths[i].Contains('{', StringComparison.Ordinal) || paths[i].Contains('}', StringComparison.Ordinal))
            {
                if (PathTemplateProblem(paths[i]) is { } problem)
                    at[i].Report(SecurityDiagnostics.PathTemplate, problem, "{*} is one segment, {**} any number and the last of the operators: /tenants/{*}/orders, /files/{**}.");
            }
        }
    }

    private static string? PathTemplateProblem(string path)
    {
        if (!path.StartsWith('/'))
            return "is a template and must begin with /.";
        bool sawRest = false;
        foreach (string segment in path[1..].Split('/'))
        {
            if (segment is "{*}" or "{**}")
            {
                if (sawRest)
                    return "has an operator after {**}.";
                sawRest = segment == "{**}";
            }
            else if (segment.AsSpan().ContainsAny('{', '}'))
            {
                return $"has the segment \"{segment}\", which is no operator.";
            }
            else if (segment.Contains('*', StringComparison.Ordinal))
            {
                return "mixes template operators with *.";
            }
        }
        return null;
    }

    private static void CheckCondition(Scope at, Condition condition, bool isCustom)
    {
        if (!ValueRules.Required(at["key"], condition.Key, "key: request.headers[x-tenant]"))
            return;
        if (condition.Values.Count == 0 && condition.NotValues.Count == 0)
            at.Report(SecurityDiagnostics.Rule, "has neither values nor notValues.", "Write values: [\"…\"].");
        if (!IsKnownKey(condition.Key))
        {
            string hint = EditDistance.Nearest(condition.Key, ConditionKeys) is { } near ? $"Did you mean {near}?" : $"Keys are {string.Join(", ", ConditionKeys)}, request.headers[name], request.auth.claims[name].";
            at["key"].Report(SecurityDiagnostics.ConditionKey, $"is \"{condition.Key}\".", hint);
            return;
        }
        if (isCustom && (IdentityKeys.Contains(condition.Key) || condition.Key.StartsWith("request.auth.", StringComparison.Ordinal)))
            at["key"].Report(SecurityDiagnostics.Rule, $"cannot be \"{condition.Key}\" with the action CUSTOM.", "Match by request.headers, source.ip or destination.port.");
        foreach ((string field, IReadOnlyList<string> values) in new (string, IReadOnlyList<string>)[] { ("values", condition.Values), ("notValues", condition.NotValues) })
        {
            ValueRules.NoEmptyItems(at[field], values);
            if (condition.Key == "destination.port")
                Ports(at[field], values);
            bool areAddresses = condition.Key is "source.ip" or "remote.ip" or "destination.ip";
            for (int i = 0; areAddresses && i < values.Count; i++)
                ValueRules.AddressOrSubnet(at[field][i], values[i]);
        }
    }

    private static bool IsKnownKey(string key) =>
        ConditionKeys.Contains(key)
        || (key.StartsWith("request.headers[", StringComparison.Ordinal) && key.EndsWith(']') && key.Length > "request.headers[]".Length)
        || (key.StartsWith("request.auth.claims[", StringComparison.Ordinal) && key.EndsWith(']') && key.Length > "request.auth.claims[]".Length)
        || key.StartsWith("experimental.envoy.filters.", StringComparison.Ordinal);
}
