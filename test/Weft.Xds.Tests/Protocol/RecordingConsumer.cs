using Weft.Xds.Protocol;

namespace Weft.Xds.Tests.Protocol;

/// <summary>Holds what it is given, refuses resources whose content starts with "bad".</summary>
internal sealed class RecordingConsumer : IAdsConsumer
{
    public Dictionary<(string Type, string Name), string> Held { get; } = [];

    public List<AdsUpdate> Updates { get; } = [];

    public Action<AdsUpdate>? OnUpdate { get; set; }

    public IReadOnlyList<ResourceRefusal> Apply(AdsUpdate update)
    {
        Updates.Add(update);
        OnUpdate?.Invoke(update);
        var refusals = new List<ResourceRefusal>();
        foreach (var resource in update.Resources)
        {
            var content = TestView.ContentOf(resource.Body);
            if (content.StartsWith("bad", StringComparison.Ordinal))
            {
                refusals.Add(new ResourceRefusal(resource.Name, "is bad."));
            }
            else
            {
                Held[(update.TypeUrl, resource.Name)] = content;
            }
        }

        foreach (var name in update.Removed)
        {
            Held.Remove((update.TypeUrl, name));
        }

        return refusals;
    }
}
