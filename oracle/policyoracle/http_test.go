package policyoracle

import (
	"testing"

	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
)

func TestRequestsAgainstRules(t *testing.T) {
	get := &HTTPRequest{Method: "GET", Path: "/a/b?q=1", Host: "example.org", Headers: map[string][]string{"X-Token": {"abc", "def"}}}
	cases := []struct {
		name string
		rule api.PortRuleHTTP
		want bool
	}{
		{"no condition", api.PortRuleHTTP{}, true},
		{"a method", api.PortRuleHTTP{Method: "GET"}, true},
		{"a method is matched whole", api.PortRuleHTTP{Method: "GE"}, false},
		{"a method by pattern", api.PortRuleHTTP{Method: "GET|POST"}, true},
		{"a path with its query", api.PortRuleHTTP{Path: "/a/b"}, false},
		{"a path by pattern", api.PortRuleHTTP{Path: "/a/.*"}, true},
		{"a host", api.PortRuleHTTP{Host: "example.org"}, true},
		{"a host's dot is a pattern's", api.PortRuleHTTP{Host: "example.o.g"}, true},
		{"a header that is there", api.PortRuleHTTP{Headers: []string{"x-token"}}, true},
		{"a header that is not", api.PortRuleHTTP{Headers: []string{"X-Other"}}, false},
		{"several values are joined", api.PortRuleHTTP{Headers: []string{"X-Token: abc,def"}}, true},
		{"one value of several", api.PortRuleHTTP{Headers: []string{"X-Token: abc"}}, false},
		{"a match", api.PortRuleHTTP{HeaderMatches: []*api.HeaderMatch{{Name: "X-Token", Value: "abc,def"}}}, true},
		{"a mismatch", api.PortRuleHTTP{HeaderMatches: []*api.HeaderMatch{{Name: "X-Token", Value: "abc"}}}, false},
		{"a mismatch that is logged", api.PortRuleHTTP{HeaderMatches: []*api.HeaderMatch{{Name: "X-Token", Value: "abc", Mismatch: api.MismatchActionLog}}}, true},
		{"a mismatch that is replaced", api.PortRuleHTTP{HeaderMatches: []*api.HeaderMatch{{Name: "X-Token", Value: "abc", Mismatch: api.MismatchActionReplace}}}, true},
		{"a secret is never there", api.PortRuleHTTP{HeaderMatches: []*api.HeaderMatch{{Name: "X-Token", Secret: &api.Secret{Namespace: "a", Name: "s"}}}}, false},
	}
	for _, each := range cases {
		translated, _ := httpTranslator.GetEnvoyHTTPRules(&api.L7Rules{HTTP: []api.PortRuleHTTP{each.rule}}, "")
		if got := httpMatches(translated, get); got != each.want {
			t.Errorf("%s: %v", each.name, got)
		}
	}
}

func TestARequestMeetsOneOfTheRules(t *testing.T) {
	rules := &api.L7Rules{HTTP: []api.PortRuleHTTP{{Method: "GET", Path: "/a"}, {Method: "POST", Path: "/b"}}}
	translated, _ := httpTranslator.GetEnvoyHTTPRules(rules, "")
	for _, each := range []struct {
		method, path string
		want         bool
	}{{"GET", "/a", true}, {"POST", "/b", true}, {"GET", "/b", false}, {"", "/a", true}} {
		if got := httpMatches(translated, &HTTPRequest{Method: each.method, Path: each.path}); got != each.want {
			t.Errorf("%s %s: %v", each.method, each.path, got)
		}
	}
}

func TestServerNames(t *testing.T) {
	for _, each := range []struct {
		pattern, name string
		want          bool
	}{
		{"example.org", "example.org", true},
		{"Example.ORG.", "example.org", true},
		{"example.org", "EXAMPLE.org", true},
		{"example.org", "a.example.org", false},
		{"*.example.org", "a.example.org", true},
		{"*.example.org", "b.a.example.org", false},
		{"*.example.org", "example.org", false},
		{"**.example.org", "b.a.example.org", true},
		{"**.example.org", "example.org", false},
		{"a*.example.org", "api.example.org", true},
		{"exampleXorg", "example.org", false},
		{"*", "anything.at.all", true},
		{"**", "anything.at.all", true},
	} {
		if got := serverNameMatches(policy.StringSet{each.pattern: {}}, each.name); got != each.want {
			t.Errorf("%s for %s: %v", each.pattern, each.name, got)
		}
	}
}
