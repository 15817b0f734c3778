using CsCheck;
using Weft.Policy.Routes;

namespace Weft.Policy.Tests.Routes;

public sealed class RouteMatchTests
{
    [Theory]
    [InlineData("""{"prefix":"/api"}""", "/api/x?y", true)]
    [InlineData("""{"prefix":"/api"}""", "/apix", true)]
    [InlineData("""{"prefix":"/api"}""", "/API", false)]
    [InlineData("""{"prefix":"/api","caseSensitive":false}""", "/API/x", true)]
    [InlineData("""{"path":"/api"}""", "/api", true)]
    [InlineData("""{"path":"/api"}""", "/api?x=1", true)]
    [InlineData("""{"path":"/api"}""", "/api/", false)]
    [InlineData("""{"path":"/Api","caseSensitive":false}""", "/aPI", true)]
    [InlineData("""{"pathSeparatedPrefix":"/api"}""", "/api", true)]
    [InlineData("""{"pathSeparatedPrefix":"/api"}""", "/api/x", true)]
    [InlineData("""{"pathSeparatedPrefix":"/api"}""", "/api?x", true)]
    [InlineData("""{"pathSeparatedPrefix":"/api"}""", "/apix", false)]
    [InlineData("""{"safeRegex":{"regex":"/v[0-9]+/.*"}}""", "/v12/a?b", true)]
    [InlineData("""{"safeRegex":{"regex":"/v[0-9]+"}}""", "/v12/a", false)]
    [InlineData("""{"connectMatcher":{}}""", "/", false)]
    [InlineData("""{"prefix":"/","headers":[{"name":":method","exactMatch":"GET"}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":":method","stringMatch":{"safeRegex":{"regex":"GET|POST"}}}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":":authority","prefixMatch":"shop"}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":"host","exactMatch":"shop.example"}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":":path","suffixMatch":"?b=c"}]}""", "/a?b=c", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":":scheme","exactMatch":"http"}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-user"}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":"X-USER","exactMatch":"jason"}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-user","exactMatch":"Jason"}]}""", "/", false)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-user","stringMatch":{"exact":"JASON","ignoreCase":true}}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-user","stringMatch":{"contains":"AsO","ignoreCase":true}}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-user","stringMatch":{"prefix":"JA","ignoreCase":true}}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-user","stringMatch":{"suffix":"ON","ignoreCase":true}}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-user","containsMatch":"aso"}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-user","safeRegexMatch":{"regex":"j.*"}}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-user","exactMatch":"jason","invertMatch":true}]}""", "/", false)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-user","exactMatch":"other","invertMatch":true}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-none","exactMatch":"a","invertMatch":true}]}""", "/", false)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-none","exactMatch":"a","invertMatch":true,"treatMissingHeaderAsEmpty":true}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-none","exactMatch":"","treatMissingHeaderAsEmpty":true}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-none","presentMatch":true}]}""", "/", false)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-none","presentMatch":true,"invertMatch":true}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-none","presentMatch":false}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-age","rangeMatch":{"start":"18","end":"65"}}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-age","rangeMatch":{"start":"18","end":"64"}}]}""", "/", false)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-user","rangeMatch":{"start":"0","end":"64"}}]}""", "/", false)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-many","exactMatch":"a,b"}]}""", "/", true)]
    [InlineData("""{"prefix":"/","headers":[{"name":"x-many","exactMatch":"a"}]}""", "/", false)]
    [InlineData("""{"prefix":"/","queryParameters":[{"name":"v"}]}""", "/?v", true)]
    [InlineData("""{"prefix":"/","queryParameters":[{"name":"v"}]}""", "/?w&v=", true)]
    [InlineData("""{"prefix":"/","queryParameters":[{"name":"v"}]}""", "/?w=v", false)]
    [InlineData("""{"prefix":"/","queryParameters":[{"name":"v","presentMatch":false}]}""", "/?w=v", true)]
    [InlineData("""{"prefix":"/","queryParameters":[{"name":"v","stringMatch":{"exact":"2"}}]}""", "/?v=2&v=3", true)]
    [InlineData("""{"prefix":"/","queryParameters":[{"name":"v","stringMatch":{"exact":"3"}}]}""", "/?v=2&v=3", false)]
    [InlineData("""{"prefix":"/","queryParameters":[{"name":"v","stringMatch":{"safeRegex":{"regex":"[0-9]"}}}]}""", "/?v=2", true)]
    [InlineData("""{"prefix":"/","grpc":{}}""", "/", false)]
    [InlineData("""{"prefix":"/","tlsContext":{"presented":true}}""", "/", false)]
    [InlineData("""{"prefix":"/","tlsContext":{"presented":false}}""", "/", true)]
    public void Condition_DecidesAsInEnvoy(string match, string target, bool matches)
    {
        RouteTable table = TestRequest.WithRoutes(Json.Fill("""{"name":"r","match":$1,"route":{"cluster":"c"}}""", match));
        TestRequest request = TestRequest.Get("shop.example", target, "x-user: jason\r\nx-age: 64\r\nx-many: a\r\nX-Many: b\r\n");
        Assert.Equal(matches ? "r" : "none", request.RouteIn(table));
    }

    [Theory]
    [InlineData("application/grpc", "r")]
    [InlineData("application/grpc+proto", "r")]
    [InlineData("application/grpc-web", "none")]
    [InlineData("text/plain", "none")]
    public void GrpcOnly_LooksAtTheContentType(string type, string route) => Assert.Equal(
        route, TestRequest.Get("a", "/", $"Content-Type: {type}\r\n").RouteIn(TestRequest.WithRoutes("""{"name":"r","match":{"prefix":"/","grpc":{}},"route":{"cluster":"c"}}""")));

    [Fact]
    public void ConnectRequest_MatchesOnlyAConnectRoute()
    {
        RouteTable table = TestRequest.WithRoutes("""{"name":"p","match":{"prefix":"/"},"route":{"cluster":"c"}},{"name":"e","match":{"prefix":""},"route":{"cluster":"c"}},{"name":"c","match":{"connectMatcher":{}},"route":{"cluster":"c"}}""");
        Assert.Equal("c", new TestRequest("CONNECT", "a:1", "a:1").RouteIn(table));
    }

    [Fact]
    public void FirstMatchingRoute_IsTaken()
    {
        RouteTable table = TestRequest.WithRoutes("""{"name":"a","match":{"path":"/a"},"route":{"cluster":"c"}},{"name":"b","match":{"prefix":"/"},"route":{"cluster":"c"}},{"name":"c","match":{"prefix":"/c"},"route":{"cluster":"c"}}""");
        Assert.Equal("a", TestRequest.Get("h", "/a").RouteIn(table));
        Assert.Equal("b", TestRequest.Get("h", "/c").RouteIn(table));
    }

    [Fact]
    public void ManyRoutes_GiveTheSameAnswersAsAWalk()
    {
        Gen.Int[0, 1000].Sample(seed =>
        {
            Random random = new(seed);
            string[] kinds =
            [
                """{"prefix":"$1"}""", """{"prefix":"$1","headers":[{"name":"x-user","exactMatch":"jason"}]}""", """{"path":"$1"}""", """{"prefix":"$1","caseSensitive":false}""",
                """{"pathSeparatedPrefix":"$1x"}""", """{"safeRegex":{"regex":"$1.*"}}""",
            ];
            string Segments() => string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => "/" + "abA"[random.Next(3)]));
            string[] routes = [.. Enumerable.Range(0, 100).Select(i => Json.Fill("""{"name":"r$2","match":$1,"route":{"cluster":"c"}}""", Json.Fill(kinds[random.Next(random.Next(2) * 4 + 2)], Segments()), $"{i}"))];
            RouteTable whole = TestRequest.WithRoutes(string.Join(',', routes));
            RouteTable[] single = [.. routes.Select(TestRequest.WithRoutes)];
            for (int i = 0; i < 20; i++)
            {
                TestRequest request = TestRequest.Get("h", Segments() + (random.Next(2) == 0 ? "x" : ""), random.Next(2) == 0 ? "x-user: jason\r\n" : "");
                string expected = single.Select(table => request.RouteIn(table)).FirstOrDefault(name => name != "none", "none");
                if (request.RouteIn(whole) != expected)
                    return false;
            }

            return whole.VirtualHosts[0].Compiled.Index is not null;
        }, iter: 20, threads: 1);
    }

    [Fact]
    public void EqualRetryPolicies_AreOneInstance()
    {
        const string Route = """{"match":{"prefix":"/"},"route":{"cluster":"c","retryPolicy":{"retryOn":"5xx","numRetries":2}}}""";
        RouteTable table = TestRequest.WithRoutes($"{Route},{Route}");
        Assert.Same(table.VirtualHosts[0].Routes[0].Forward!.Retry, table.VirtualHosts[0].Routes[1].Forward!.Retry);
    }

    [Fact]
    public void IgnoredPathParameters_AreLeftOut()
    {
        RouteTable table = TestRequest.Compile("""{"ignorePathParametersInPathMatching":true,"virtualHosts":[{"name":"v","domains":["*"],"routes":[{"name":"r","match":{"path":"/a"},"route":{"cluster":"c"}}]}]}""");
        Assert.Equal("r", TestRequest.Get("h", "/a;x=y").RouteIn(table));
    }

    [Fact]
    public void RuntimeFraction_TakesItsShare()
    {
        RouteTable table = TestRequest.WithRoutes("""{"name":"r","match":{"prefix":"/","runtimeFraction":{"defaultValue":{"numerator":25,"denominator":"HUNDRED"}}},"route":{"cluster":"c"}}""");
        Random random = new(1);
        TestRequest request = TestRequest.Get("h", "/");
        int taken = Enumerable.Range(0, 10_000).Count(_ => request.RouteIn(table, (ulong)random.NextInt64()) == "r");
        // 2500 ± 3.3 standard deviations of 43.
        Assert.InRange(taken, 2357, 2643);
    }

    [Fact]
    public void JoinedValuesOverFourKibibytes_AreStillWhole()
    {
        string part = new('v', 3000);
        RouteTable table = TestRequest.WithRoutes(Json.Fill("""{"name":"r","match":{"prefix":"/","headers":[{"name":"x","suffixMatch":"v,$1"}]},"route":{"cluster":"c"}}""", part));
        Assert.Equal("r", TestRequest.Get("h", "/", $"x: {part}\r\nx: {part}\r\n").RouteIn(table));
    }

    [Fact]
    public void Explanation_NamesTheConditionThatFailed()
    {
        RouteTable table = TestRequest.WithRoutes("""
            {"name":"a","match":{"path":"/a"},"route":{"cluster":"c"}},
            {"name":"b","match":{"prefix":"/","headers":[{"name":"x-user","exactMatch":"jason"}]},"route":{"cluster":"c"}},
            {"name":"q","match":{"prefix":"/","queryParameters":[{"name":"v","stringMatch":{"exact":"2"}}]},"route":{"cluster":"c"}},
            {"name":"d","match":{"prefix":"/"},"route":{"cluster":"c"}}
            """);
        RouteExplanation explanation = table.Explain(TestRequest.Get("h", "/b").View, new RouteInput(0, false));
        Assert.Equal("all", explanation.VirtualHost?.Name);
        Assert.Equal("*", explanation.Domain);
        Assert.Equal(
            ["it asks that path is '/a'", "it asks for header 'x-user' is 'jason'", "it asks for query parameter 'v' is '2'", "it matches"],
            explanation.Trials.Select(trial => trial.Reason));
        Assert.Equal("d", explanation.Decision.Route?.Name);
        Assert.Equal("path starts with '/' and header 'x-user' is 'jason'", table.VirtualHosts[0].Routes[1].Conditions);
    }

    [Fact]
    public void Matching_AllocatesNothing()
    {
        RouteTable table = TestRequest.Compile("""
            {"ignorePortInHostMatching":true,"virtualHosts":[{"name":"v","domains":["*.example"],"routes":[
              {"name":"a","match":{"safeRegex":{"regex":"/v[0-9]+/.*"},"headers":[{"name":"x-user","safeRegexMatch":{"regex":"p.*"}}]},"route":{"cluster":"c"}},
              {"name":"b","match":{"prefix":"/","headers":[{"name":"x-many","containsMatch":"z"},{"name":":path","exactMatch":"/v1/a?b=c"}],"queryParameters":[{"name":"b"}]},"route":{"cluster":"c"}},
              {"name":"r","match":{"prefix":"/","runtimeFraction":{"defaultValue":{"numerator":100}}},"route":{"weightedClusters":{"clusters":[{"name":"x","weight":1},{"name":"y","weight":1}]}}}]}]}
            """);
        TestRequest request = TestRequest.Get("shop.example:80", "/v1/a?b=c", "x-user: jason\r\nx-many: a\r\nx-many: b\r\n");
        Assert.Equal("r", request.RouteIn(table));
        Assert.Equal(0, Allocation.Of(() => table.Match(request.View, new RouteInput(1, false))));
    }
}
