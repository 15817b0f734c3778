using System.Globalization;
using System.Text.RegularExpressions;

namespace Weft.Proxy.Tests.Telemetry;

/// <summary>A strict reader of Prometheus' text format 0.0.4: refuses what a scraper may accept but the format does not say.</summary>
internal sealed partial class PrometheusText
{
    private readonly Dictionary<string, string> _types = [];
    private readonly HashSet<string> _seen = [];
    private readonly HashSet<string> _ended = [];
    private string _family = "";

    public List<(string Name, Dictionary<string, string> Labels, double Value)> Samples { get; } = [];

    public static PrometheusText Parse(string text)
    {
        PrometheusText page = new();
        Assert.EndsWith("\n", text);
        foreach (string line in text[..^1].Split('\n'))
        {
            Match comment = CommentLine().Match(line);
            if (comment.Success) page.Comment(comment);
            else page.Sample(line);
        }

        page.CheckHistograms();
        return page;
    }

    public double Value(string name, params (string Name, string Value)[] labels) =>
        Samples.Single(sample => sample.Name == name && labels.All(label => sample.Labels.GetValueOrDefault(label.Name) == label.Value)).Value;

    public string Type(string family) => _types[family];

    private void Comment(Match comment)
    {
        string name = comment.Groups["name"].Value;
        if (comment.Groups["kind"].Value == "HELP")
        {
            if (_family.Length > 0) Assert.True(_ended.Add(_family), $"{_family} stands in two blocks");
            Assert.DoesNotContain(name, _types.Keys);
            _family = name;
            return;
        }

        Assert.Equal(_family, name);
        Assert.Contains(comment.Groups["rest"].Value, (string[])["counter", "gauge", "histogram"]);
        _types.Add(name, comment.Groups["rest"].Value);
    }

    private void Sample(string line)
    {
        Match match = SampleLine().Match(line);
        Assert.True(match.Success, $"not a sample: {line}");
        string name = match.Groups["name"].Value;
        string family = _types[_family] == "histogram" ? HistogramSuffix().Replace(name, "") : name;
        Assert.Equal(_family, family);
        Assert.True(_seen.Add(name + match.Groups["labels"].Value), $"twice: {line}");
        Dictionary<string, string> labels = [];
        foreach (Match label in Label().Matches(match.Groups["labels"].Value))
        {
            string value = Regex.Replace(label.Groups["value"].Value, @"\\(.)", escape => escape.Groups[1].Value == "n" ? "\n" : escape.Groups[1].Value);
            labels.Add(label.Groups["name"].Value, value);
        }

        string number = match.Groups["value"].Value;
        Samples.Add((name, labels, double.Parse(number, CultureInfo.InvariantCulture)));
    }

    private void CheckHistograms()
    {
        Dictionary<(string, string), double> bySeries = Samples.Where(sample => !sample.Labels.ContainsKey("le"))
            .ToDictionary(sample => (sample.Name, Identity(sample.Labels)), sample => sample.Value);
        foreach (string family in _types.Where(type => type.Value == "histogram").Select(type => type.Key))
        {
            foreach (var series in Samples.Where(sample => sample.Name == family + "_bucket").GroupBy(sample => Identity(sample.Labels)))
            {
                double[] counts = [.. series.Select(sample => sample.Value)];
                Assert.Equal(counts.Order(), counts);
                Assert.Equal("+Inf", series.Last().Labels["le"]);
                Assert.Equal(bySeries[(family + "_count", series.Key)], counts[^1]);
                Assert.Contains((family + "_sum", series.Key), bySeries.Keys);
            }
        }
    }

    private static string Identity(Dictionary<string, string> labels) =>
        string.Join('\u0001', labels.Where(label => label.Key != "le").Select(label => label.Key + "=" + label.Value));

    [GeneratedRegex(@"^# (?<kind>HELP|TYPE) (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<rest>.+)$")]
    private static partial Regex CommentLine();

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>([a-zA-Z_][a-zA-Z0-9_]*=""([^""\\\n]|\\[\\""n])*""(,(?!\})|(?=\})))*)\})? (?<value>-?[0-9]+(\.[0-9]+)?)$")]
    private static partial Regex SampleLine();

    [GeneratedRegex(@"(?<name>[a-zA-Z_][a-zA-Z0-9_]*)=""(?<value>([^""\\]|\\.)*)""")]
    private static partial Regex Label();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex HistogramSuffix();
}
