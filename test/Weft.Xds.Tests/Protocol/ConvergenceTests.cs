using CsCheck;
using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;
using Weft.Xds.Protocol;

namespace Weft.Xds.Tests.Protocol;

/// <summary>
/// Our server against our client over two queues, with changes of the configuration, lost streams and messages delivered
/// in random interleavings: when things calm down, the client holds exactly what the last view has.
/// </summary>
public class ConvergenceTests
{
    private const string Cds = XdsTypeUrls.Cluster;
    private const string Eds = XdsTypeUrls.Endpoint;
    private const string Lds = XdsTypeUrls.Listener;
    private static readonly string[] Types = [Cds, Eds, Lds];

    /// <summary>One step: what happens, and a seed that says to what.</summary>
    private static readonly Gen<(int Kind, int Seed)[]> Steps = Gen.Select(Gen.Int[0, 12], Gen.Int[0, 1_000]).Array[0, 80];

    [Fact]
    public void Delta_Converges() => Steps.Sample(steps => Run(steps, new DeltaLink()), iter: 2_000);

    [Fact]
    public void StateOfTheWorld_Converges() => Steps.Sample(steps => Run(steps, new SotwLink()), iter: 2_000);

    private static void Run((int Kind, int Seed)[] steps, Link link)
    {
        var resources = new Dictionary<(string, string), string>();
        var version = 0;
        link.Connect(View(resources, 0));
        foreach (var (kind, seed) in steps)
        {
            switch (kind)
            {
                case 0 or 1 or 2:
                    var key = (Types[seed % 3], $"r{seed % 5}");
                    resources[key] = seed % 7 == 0 ? $"bad{++version}" : $"{++version}";
                    link.Publish(View(resources, version));
                    break;
                case 3:
                    resources.Remove((Types[seed % 3], $"r{seed % 5}"));
                    link.Publish(View(resources, ++version));
                    break;
                case 4:
                    link.Connect(View(resources, version));
                    break;
                default:
                    link.Move(seed % 4);
                    break;
            }
        }

        var rounds = 0;
        while (link.Move(0) | link.Move(1) | link.Move(2) | link.Move(3))
        {
            Assert.True(++rounds < 2_000, "client and server talk for ever");
        }

        foreach (var (key, content) in resources)
        {
            if (!content.StartsWith("bad", StringComparison.Ordinal) && (key.Item1 != Eds || resources.ContainsKey((Cds, key.Item2))))
            {
                var clusterIsRefused = key.Item1 == Eds && resources[(Cds, key.Item2)].StartsWith("bad", StringComparison.Ordinal);
                Assert.True(clusterIsRefused || link.Consumer.Held.GetValueOrDefault(key) == content, $"{key} is not {content}");
            }
        }

        foreach (var (key, content) in link.Consumer.Held)
        {
            var isWanted = resources.TryGetValue(key, out var now);
            Assert.True(key.Item1 == Eds || isWanted, $"{key} stayed as {content}");
            Assert.True(!isWanted || now == content || now!.StartsWith("bad", StringComparison.Ordinal) || key.Item1 == Eds);
        }
    }

    private static TestView View(Dictionary<(string, string), string> resources, int version) =>
        TestView.Of($"v{version}", [.. resources.Select(r => (r.Key.Item1, r.Key.Item2, r.Value))]);

    /// <summary>A client and a server with a queue each way; connecting loses what is under way.</summary>
    private abstract class Link
    {
        protected Queue<object> ToServer { get; } = new();

        protected Queue<object> ToClient { get; } = new();

        public RecordingConsumer Consumer { get; } = new();

        public void Connect(TestView view)
        {
            ToServer.Clear();
            ToClient.Clear();
            Restart(view);
        }

        public abstract void Publish(TestView view);

        /// <summary>Does one of four things: the client writes, the server reads, the server writes, the client reads.</summary>
        /// <returns>False when there was nothing to do.</returns>
        public bool Move(int what) => what switch
        {
            0 => Write(ClientNext(), ToServer),
            1 => ToServer.TryDequeue(out var request) && ServerTakes(request),
            2 => Write(ServerNext(), ToClient),
            _ => ToClient.TryDequeue(out var response) && ClientTakes(response),
        };

        protected abstract void Restart(TestView view);

        protected abstract object? ClientNext();

        protected abstract object? ServerNext();

        protected abstract bool ServerTakes(object request);

        protected abstract bool ClientTakes(object response);

        protected void FollowClusters(AdsClientStream client) => Consumer.OnUpdate = update =>
        {
            if (update.TypeUrl == Cds)
            {
                var bad = update.Resources.Where(r => TestView.ContentOf(r.Body).StartsWith("bad", StringComparison.Ordinal)).Select(r => r.Name);
                client.Subscribe(Eds, [.. Consumer.Held.Keys.Where(k => k.Type == Cds).Select(k => k.Name)
                    .Concat(update.Resources.Select(r => r.Name).Except(bad)).Except(update.Removed).Distinct()]);
            }
        };

        private static bool Write(object? message, Queue<object> queue)
        {
            if (message is null)
            {
                return false;
            }

            queue.Enqueue(message);
            return true;
        }
    }

    private sealed class DeltaLink : Link
    {
        private readonly DeltaClientStream _client;
        private DeltaServerStream _server = new();

        public DeltaLink()
        {
            _client = new DeltaClientStream(new Node { Id = "n" }, Consumer);
            _client.SubscribeAll(Cds);
            _client.SubscribeAll(Lds);
            FollowClusters(_client);
        }

        public override void Publish(TestView view) => _server.Publish(view);

        protected override void Restart(TestView view)
        {
            _server = new DeltaServerStream();
            _server.Publish(view);
            _client.Connected();
        }

        protected override object? ClientNext() => _client.Next();

        protected override object? ServerNext() => _server.Next();

        protected override bool ServerTakes(object request)
        {
            Assert.Null(_server.OnRequest((DeltaDiscoveryRequest)request));
            return true;
        }

        protected override bool ClientTakes(object response)
        {
            Assert.True(_client.OnResponse((DeltaDiscoveryResponse)response));
            return true;
        }
    }

    private sealed class SotwLink : Link
    {
        private readonly SotwClientStream _client;
        private SotwServerStream _server = new();

        public SotwLink()
        {
            _client = new SotwClientStream(new Node { Id = "n" }, Consumer);
            _client.SubscribeAll(Cds);
            _client.SubscribeAll(Lds);
            FollowClusters(_client);
        }

        public override void Publish(TestView view) => _server.Publish(view);

        protected override void Restart(TestView view)
        {
            _server = new SotwServerStream();
            _server.Publish(view);
            _client.Connected();
        }

        protected override object? ClientNext() => _client.Next();

        protected override object? ServerNext() => _server.Next();

        protected override bool ServerTakes(object request)
        {
            Assert.Null(_server.OnRequest((DiscoveryRequest)request));
            return true;
        }

        protected override bool ClientTakes(object response)
        {
            Assert.True(_client.OnResponse((DiscoveryResponse)response));
            return true;
        }
    }
}
