namespace Weft.Resources.Tests.Validation;

public sealed class VirtualServiceTests
{
    private const string Kind = "VirtualService";
    private const string To = "route: [{destination: {host: reviews}}]";

    [Theory]
    [InlineData("WFT0401", "«hosts: [reviews]")]
    [InlineData("WFT0303", "hosts: [»re_views]\nhttp: [{" + To + "}]")]
    [InlineData("WFT0303", "hosts: [»a.*.com]\nhttp: [{" + To + "}]")]
    [InlineData("WFT0316", "hosts: [reviews, »reviews]\nhttp: [{" + To + "}]")]
    [InlineData("WFT0316", "hosts: [\"*.example.com\", »a.example.com]\nhttp: [{" + To + "}]")]
    [InlineData("WFT0405", "hosts: [»\"*\"]\nhttp: [{" + To + "}]")]
    [InlineData("WFT0405", "hosts: [»\"*\"]\ngateways: [mesh, gw]\nhttp: [{" + To + "}]")]
    [InlineData("WFT0404", "»gateways: [gw]\nhttp: [{" + To + "}]")]
    [InlineData("WFT0404", "http: [{" + To + "}]\n»tcp: [{" + To + "}]")]
    [InlineData("WFT0404", "http: [{»delegate: {name: other}}]")]
    [InlineData("WFT0312", "hosts: [reviews]\ngateways: [»a/b/c]\nhttp: [{" + To + "}]")]
    [InlineData("WFT0311", "hosts: [reviews]\nexportTo: [»a_b]\nhttp: [{" + To + "}]")]
    [InlineData("WFT0311", "hosts: [reviews]\n»exportTo: [\"*\", a]\nhttp: [{" + To + "}]")]
    [InlineData("WFT0311", "hosts: [reviews]\nexportTo: [., »default]\nhttp: [{" + To + "}]")]
    [InlineData("WFT0311", "hosts: [reviews]\nexportTo: [»\"~\"]\nhttp: [{" + To + "}]")]
    [InlineData("WFT0402", "hosts: [reviews]\nhttp: [»{name: nothing}]")]
    [InlineData("WFT0403", "hosts: [reviews]\nhttp: [{redirect: {uri: /a}, »" + To + "}]")]
    [InlineData("WFT0403", "hosts: [reviews]\nhttp: [{directResponse: {status: 200}, »rewrite: {uri: /a}}]")]
    [InlineData("WFT0403", "hosts: [reviews]\nhttp: [{delegate: {name: a}, »" + To + "}]")]
    [InlineData("WFT0403", "hosts: [reviews]\nhttp: [{redirect: {uri: /a}, »rewrite: {uri: /a}}]")]
    [InlineData("WFT0301", "hosts: [reviews]\nhttp: [{»delegate: {namespace: a}}]")]
    public void Whole_IsRefusedAtItsPlace(string code, string body) => MarkedDocument.AssertFinding(Kind, code, body);

    [Theory]
    [InlineData("WFT0301", "route: [»{weight: 1}]")]
    [InlineData("WFT0301", "route: [{»destination: {subset: v1}}]")]
    [InlineData("WFT0303", "route: [{destination: {»host: \"*\"}}]")]
    [InlineData("WFT0303", "route: [{destination: {»host: a_b}}]")]
    [InlineData("WFT0319", "route: [{destination: {host: a, »subset: v_1}}]")]
    [InlineData("WFT0302", "route: [{destination: {host: a, port: {»number: 70000}}}]")]
    [InlineData("WFT0302", "route: [{destination: {host: a, port: {»number: 0}}}]")]
    [InlineData("WFT0320", "route: [{destination: {host: a}, »weight: -1}]")]
    [InlineData("WFT0406", "»route: [{destination: {host: a}, weight: 0}, {destination: {host: b}}]")]
    [InlineData("WFT0306", "route: [{destination: {host: a}, headers: {request: {set: {»\"a b\": x}}}}]")]
    [InlineData("WFT0306", "route: [{destination: {host: a}, headers: {response: {remove: [»\":status\"]}}}]")]
    [InlineData("WFT0306", To + "\n  headers: {request: {remove: [»host]}}")]
    [InlineData("WFT0307", To + "\n  headers: {request: {add: {»a: 50%}}}")]
    [InlineData("WFT0307", To + "\n  headers: {request: {add: {»a: \"x\\ny\"}}}")]
    [InlineData("WFT0315", To + "\n  rewrite: {authority: a}\n  headers: {request: {set: {»host: b}}}")]
    [InlineData("WFT0304", To + "\n  »timeout: 0s")]
    [InlineData("WFT0304", To + "\n  »timeout: 1500us")]
    [InlineData("WFT0321", To + "\n  »rewrite: {}")]
    [InlineData("WFT0315", To + "\n  rewrite: {uri: /a, »uriRegexRewrite: {match: a, rewrite: b}}")]
    [InlineData("WFT0305", To + "\n  rewrite: {uriRegexRewrite: {»match: \"(\", rewrite: b}}")]
    [InlineData("WFT0301", To + "\n  rewrite: {»uriRegexRewrite: {match: a}}")]
    [InlineData("WFT0315", To + "\n  mirror: {host: a}\n  »mirrors: [{destination: {host: b}}]")]
    [InlineData("WFT0301", To + "\n  mirrors: [»{percentage: {value: 5}}]")]
    [InlineData("WFT0308", To + "\n  mirror: {host: a}\n  mirrorPercentage: {»value: 101}")]
    [InlineData("WFT0308", To + "\n  mirror: {host: a}\n  mirrorPercentage: {»value: 0.00001}")]
    [InlineData("IST0002", To + "\n  mirror: {host: a}\n  »mirrorPercent: 5")]
    [InlineData("WFT0320", To + "\n  retries: {»attempts: -1}")]
    [InlineData("WFT0410", To + "\n  »retries: {attempts: 0, retryOn: 5xx}")]
    [InlineData("WFT0410", To + "\n  retries: {attempts: 1, »retryOn: \"5xx,conect-failure\"}")]
    [InlineData("WFT0304", To + "\n  retries: {attempts: 1, »perTryTimeout: 100us}")]
    [InlineData("WFT0304", To + "\n  retries: {attempts: 1, »backoff: 0s}")]
    [InlineData("WFT0321", To + "\n  »fault: {}")]
    [InlineData("WFT0411", To + "\n  fault: {»delay: {percentage: {value: 5}}}")]
    [InlineData("WFT0318", To + "\n  fault: {delay: {»exponentialDelay: 1s, percentage: {value: 5}}}")]
    [InlineData("WFT0320", To + "\n  fault: {abort: {»httpStatus: 700, percentage: {value: 5}}}")]
    [InlineData("WFT0318", To + "\n  fault: {abort: {»grpcStatus: UNAVAILBLE, percentage: {value: 5}}}")]
    [InlineData("WFT0318", To + "\n  fault: {abort: {»http2Error: x, percentage: {value: 5}}}")]
    [InlineData("WFT0411", To + "\n  fault: {»abort: {percentage: {value: 5}}}")]
    [InlineData("WFT0411", To + "\n  fault: {»abort: {httpStatus: 500}}")]
    [InlineData("WFT0321", To + "\n  corsPolicy: {allowOrigins: [»{}]}")]
    [InlineData("WFT0318", To + "\n  corsPolicy: {allowMethods: [»get]}")]
    [InlineData("WFT0306", To + "\n  corsPolicy: {allowHeaders: [»\"a b\"]}")]
    [InlineData("WFT0304", To + "\n  corsPolicy: {»maxAge: 1500ms}")]
    [InlineData("IST0002", To + "\n  corsPolicy: {»allowOrigin: [a]}")]
    [InlineData("WFT0321", "»redirect: {}")]
    [InlineData("WFT0321", "»redirect: {redirectCode: 302}")]
    [InlineData("WFT0315", "match: [{uri: {prefix: /a}}]\n  redirect: {uri: /a, »prefixRewrite: /b}")]
    [InlineData("WFT0409", "match: [{uri: {exact: /a}}]\n  redirect: {»prefixRewrite: /b}")]
    [InlineData("WFT0409", "redirect: {uri: /a, »redirectCode: 200}")]
    [InlineData("WFT0318", "redirect: {uri: /a, »scheme: ftp}")]
    [InlineData("WFT0302", "redirect: {uri: /a, »port: 99999}")]
    [InlineData("WFT0107", "redirect: {uri: /a, port: 80, »derivePort: FROM_REQUEST_PORT}")]
    [InlineData("WFT0320", "directResponse: {»status: 99}")]
    public void Rule_IsRefusedAtItsPlace(string code, string rule) =>
        MarkedDocument.AssertFinding(Kind, code, $"hosts: [reviews]\nhttp:\n- {rule}");

    [Theory]
    [InlineData("WFT0305", "uri: {»regex: \"(?=a)b\"}")]
    [InlineData("WFT0305", "uri: {»regex: \"(a)\\\\1\"}")]
    [InlineData("WFT0305", "uri: {»regex: \"*\"}")]
    [InlineData("WFT0321", "uri: {»regex: \"\"}")]
    [InlineData("WFT0321", "method: {»prefix: \"\"}")]
    [InlineData("WFT0107", "uri: {prefix: /, »exact: /a}")]
    [InlineData("WFT0306", "headers: {»\":path\": {exact: /}}")]
    [InlineData("WFT0306", "headers: {»\"a b\": {exact: x}}")]
    [InlineData("WFT0408", "headers: {»\"@request.auth.claims.sub\": {exact: x}}")]
    [InlineData("WFT0302", "»port: 65536")]
    [InlineData("WFT0323", "sourceLabels: {»app: \"a b\"}")]
    [InlineData("WFT0312", "gateways: [»\"a b\"]")]
    [InlineData("WFT0319", "»sourceNamespace: a.b")]
    public void Match_IsRefusedAtItsPlace(string code, string match) =>
        MarkedDocument.AssertFinding(Kind, code, $"hosts: [reviews]\nhttp:\n- {To}\n  match:\n  - {match}");

    [Theory]
    [InlineData("WFT0301", "tls: [»{" + To + "}]")]
    [InlineData("WFT0301", "tls: [{match: [»{port: 443}], " + To + "}]")]
    [InlineData("WFT0407", "tls: [{match: [{sniHosts: [»other.com]}], " + To + "}]")]
    [InlineData("WFT0324", "tls: [{match: [{sniHosts: [»1.2.3.4]}], " + To + "}]")]
    [InlineData("WFT0301", "tls: [»{match: [{sniHosts: [a.com]}]}]")]
    [InlineData("WFT0309", "tcp: [{match: [{destinationSubnets: [»10.0.0.0/99]}], " + To + "}]")]
    [InlineData("WFT0302", "tcp: [{match: [{»port: 65536}], " + To + "}]")]
    [InlineData("WFT0301", "tcp: [»{match: [{port: 80}]}]")]
    [InlineData("WFT0406", "tcp: [{»route: [{destination: {host: a}}, {destination: {host: b}}]}]")]
    public void LayerFourRule_IsRefusedAtItsPlace(string code, string rules) => MarkedDocument.AssertFinding(Kind, code, $"hosts: [a.com]\n{rules}");

    [Theory]
    [InlineData("IST0130", "- " + To + "\n- »match: [{uri: {prefix: /a}}]\n  " + To)]
    [InlineData("IST0131", "- match: [{uri: {prefix: /a}}]\n  " + To + "\n- match: [»{uri: {prefix: /a/b}}]\n  " + To)]
    [InlineData("IST0131", "- match: [{uri: {exact: /a}}]\n  " + To + "\n- match: [»{uri: {exact: /a}}]\n  " + To)]
    public void RuleBehindAnother_IsAWarning(string code, string rules) => MarkedDocument.AssertFinding(Kind, code, $"hosts: [reviews]\nhttp:\n{rules}");

    [Theory]
    [InlineData("hosts: [reviews]\nhttp:\n- match: [{uri: {prefix: /a}, headers: {x: {}}}]\n  " + To + "\n- match: [{uri: {prefix: /a/b}}]\n  " + To)]
    [InlineData("http: [{" + To + "}]")]
    [InlineData("hosts: [\"*\"]\ngateways: [gw]\nhttp: [{match: [{headers: {\"@request.auth.claims.sub\": {exact: x}}}], " + To + "}]")]
    [InlineData("hosts: [reviews, reviews.prod.svc.cluster.local, 10.0.0.1]\nhttp: [{match: [{withoutHeaders: {x: {regex: \"*\"}}}], " + To + "}]")]
    [InlineData("hosts: [a]\nhttp: [{" + To + ", headers: {request: {set: {x: \"%REQ(y)%\", z: 100%%}}}, retries: {attempts: 3, retryOn: \"5xx, 503\"}, timeout: 1h2m3s4ms}]")]
    [InlineData("hosts: [a]\nhttp: [{match: [{uri: {regex: \"(?i)/v[0-9]+/\\\\pL+/[[:alpha:]]{1,5}\"}}], redirect: {uri: /x, redirectCode: 308}}]")]
    public void ValidService_HasNoFindings(string body) => MarkedDocument.AssertClean(Kind, body);

    [Fact]
    public void LargeBody_IsAWarningAndTooLargeAnError()
    {
        static string Body(int bytes) => $"hosts: [a]\nhttp:\n- directResponse:\n    status: 200\n    »body: {{string: \"{new string('x', bytes)}\"}}";
        MarkedDocument.AssertFinding(Kind, "WFT0412", Body(200 * 1024));
        MarkedDocument.AssertFinding(Kind, "WFT0317", Body((1024 * 1024) + 1));
    }
}
