using System.Collections.Immutable;
using Istio.Networking.V1Alpha3;
using Weft.Control.Configuration;
using Weft.Control.Discovery.Registry;

namespace Weft.Control.Discovery.Snapshot;

/// <summary>
/// Which DestinationRule a client uses for a service: its own namespace's, else the service's namespace's as far as it is exported,
/// else the root namespace's; within a namespace the most specific host. Source: Istio's lookup path.
/// </summary>
internal sealed class DestinationRuleIndex
{
    private readonly Dictionary<string, Dictionary<string, ImmutableArray<DestinationRuleModel>>> _byNamespace = [];
    private readonly string _rootNamespace;
    private readonly IReadOnlyList<string> _defaultExportTo;

    public DestinationRuleIndex(ConfigSet config, string domainSuffix, string rootNamespace, IReadOnlyList<string> defaultExportTo)
    {
        _rootNamespace = rootNamespace;
        _defaultExportTo = defaultExportTo;
        foreach (ConfigResource<DestinationRule> resource in config.DestinationRules)
        {
            DestinationRuleModel model = new()
            {
                Namespace = resource.Namespace,
                Name = resource.Name,
                Host = HostNames.Resolve(resource.Spec.Host.ToLowerInvariant(), resource.Namespace, domainSuffix),
                ExportTo = [.. resource.Spec.ExportTo],
                WorkloadSelector = (resource.Spec.WorkloadSelector?.MatchLabels ?? []).ToImmutableSortedDictionary(StringComparer.Ordinal),
                TrafficPolicy = resource.Spec.TrafficPolicy,
                Subsets = [.. resource.Spec.Subsets],
            };
            Add(model);
        }
    }

    /// <summary>The rule for a client of <paramref name="clientNamespace"/> with <paramref name="clientLabels"/>, or null.</summary>
    public DestinationRuleModel? Find(string clientNamespace, IReadOnlyDictionary<string, string> clientLabels, ServiceModel service)
    {
        if (clientNamespace != _rootNamespace && Find(clientNamespace, service.Hostname, clientNamespace, clientLabels) is { } own)
            return own;
        if (service.Namespace.Length > 0 && Find(service.Namespace, service.Hostname, clientNamespace, clientLabels) is { } producers)
            return producers;
        return Find(_rootNamespace, service.Hostname, clientNamespace, clientLabels);
    }

    private DestinationRuleModel? Find(string ns, string hostname, string clientNamespace, IReadOnlyDictionary<string, string> clientLabels)
    {
        if (!_byNamespace.TryGetValue(ns, out Dictionary<string, ImmutableArray<DestinationRuleModel>>? hosts))
            return null;
        if (hosts.TryGetValue(hostname, out ImmutableArray<DestinationRuleModel> exact) && Pick(exact, clientNamespace, clientLabels) is { } found)
            return found;
        foreach (string pattern in hosts.Keys.Where(HostNames.IsWildcard).Where(p => HostNames.IsSubsetOf(hostname, p)).Order(MostSpecificFirst))
        {
            if (Pick(hosts[pattern], clientNamespace, clientLabels) is { } wildcard)
                return wildcard;
        }

        return null;
    }

    private static Comparer<string> MostSpecificFirst { get; } = Comparer<string>.Create(HostNames.CompareSpecificity);

    // A rule for chosen clients goes before the rule for all.
    private DestinationRuleModel? Pick(
        ImmutableArray<DestinationRuleModel> rules, string clientNamespace, IReadOnlyDictionary<string, string> clientLabels)
    {
        DestinationRuleModel? general = null;
        foreach (DestinationRuleModel rule in rules)
        {
            if (!Visibility.IsVisible(rule.ExportTo, rule.Namespace, clientNamespace, _defaultExportTo))
                continue;
            if (rule.WorkloadSelector.Count == 0)
                general ??= rule;
            else if (rule.Namespace == clientNamespace && Selects(rule.WorkloadSelector, clientLabels))
                return rule;
        }

        return general;
    }

    private static bool Selects(ImmutableSortedDictionary<string, string> selector, IReadOnlyDictionary<string, string> labels) =>
        selector.All(pair => labels.TryGetValue(pair.Key, out string? value) && value == pair.Value);

    private void Add(DestinationRuleModel model)
    {
        if (!_byNamespace.TryGetValue(model.Namespace, out Dictionary<string, ImmutableArray<DestinationRuleModel>>? hosts))
            _byNamespace[model.Namespace] = hosts = [];
        ImmutableArray<DestinationRuleModel> rules = hosts.GetValueOrDefault(model.Host, []);
        for (int i = 0; i < rules.Length; i++)
        {
            if (!rules[i].WorkloadSelector.SequenceEqual(model.WorkloadSelector) || !rules[i].ExportTo.SequenceEqual(model.ExportTo))
                continue;
            hosts[model.Host] = rules.SetItem(i, Merge(rules[i], model));
            return;
        }

        hosts[model.Host] = rules.Add(model);
    }

    private static DestinationRuleModel Merge(DestinationRuleModel older, DestinationRuleModel newer) => older with
    {
        TrafficPolicy = older.TrafficPolicy ?? newer.TrafficPolicy,
        Subsets = [.. older.Subsets, .. newer.Subsets.Where(subset => older.FindSubset(subset.Name) is null)],
    };
}
