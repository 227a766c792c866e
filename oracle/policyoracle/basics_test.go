package policyoracle

import (
	"reflect"
	"testing"

	"ringfence/oracle/minor"
)

// What Cilium's documentation says of policies, written down by hand: the oracle is right about the plain things.

const fromClient = `"ingress":[{"fromEndpoints":[{"matchLabels":{"app":"client"}}],"toPorts":[{"ports":[{"port":"80","protocol":"TCP"}]}]}]`

func TestWithoutPoliciesAllIsAllowed(t *testing.T) {
	got := cluster().ask(t, `{"from":"b/client","to":"a/server","port":80}`)
	if got.Verdict != "allowed" || *got.Egress != "allowed" || *got.Ingress != "allowed" || len(*got.IngressPolicies) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestIngressRule(t *testing.T) {
	c := cluster().cnp("server", fromClient)
	c.expect(t, `{"from":"a/client","to":"a/server","port":80}`, "allowed")
	c.expect(t, `{"from":"a/client","to":"a/server","port":81}`, "denied")
	c.expect(t, `{"from":"a/client","to":"a/server","port":80,"protocol":"UDP"}`, "denied")
	c.expect(t, `{"from":"b/client","to":"a/server","port":80}`, "denied")
	c.expect(t, `{"from":"8.8.8.8","to":"a/server","port":80}`, "denied")
	c.expect(t, `{"from":"a/server","to":"a/client","port":80}`, "allowed")
	c.expect(t, `{"from":"10.0.0.1","to":"10.0.0.2","port":80}`, "allowed")
	got := c.ask(t, `{"from":"a/client","to":"a/server","port":80}`)
	if want := []string{"CiliumNetworkPolicy/a/server"}; !reflect.DeepEqual(*got.IngressPolicies, want) {
		t.Errorf("decided by %v, not %v", *got.IngressPolicies, want)
	}
}

func TestDenyGoesBeforeAllow(t *testing.T) {
	c := cluster().cnp("server", fromClient).cnp("deny", `"ingressDeny":[{"fromEndpoints":[{"matchLabels":{"app":"client"}}]}]`)
	c.expect(t, `{"from":"a/client","to":"a/server","port":80}`, "denied")
}

func TestTheHostPassesUnlessPolicyIsAsked(t *testing.T) {
	c := cluster().cnp("server", fromClient)
	c.expect(t, `{"from":"reserved:host","to":"a/server","port":80}`, "allowed")
	c.expect(t, `{"from":"reserved:remote-node","to":"a/server","port":80}`, "denied")
	policy := "policy"
	c.test.Config.AllowLocalhost = &policy
	c.expect(t, `{"from":"reserved:host","to":"a/server","port":80}`, "denied")
}

func TestEnforcementModes(t *testing.T) {
	always, never := "always", "never"
	c := cluster()
	c.test.Config.PolicyEnforcementMode = &always
	c.expect(t, `{"from":"a/client","to":"a/server","port":80}`, "denied")
	c = cluster().cnp("server", fromClient)
	c.test.Config.PolicyEnforcementMode = &never
	c.expect(t, `{"from":"b/client","to":"a/server","port":80}`, "allowed")
}

func TestNamedPort(t *testing.T) {
	c := cluster().cnp("server", `"ingress":[{"toPorts":[{"ports":[{"port":"http","protocol":"TCP"}]}]}]`)
	c.expect(t, `{"from":"a/client","to":"a/server","port":8080}`, "allowed")
	c.expect(t, `{"from":"a/client","to":"a/server","port":80}`, "denied")
}

func TestCIDR(t *testing.T) {
	c := cluster().cnp("server", `"egress":[{"toCIDRSet":[{"cidr":"9.0.0.0/8","except":["9.9.0.0/16"]}]}]`)
	c.expect(t, `{"from":"a/server","to":"9.1.1.1","port":80}`, "allowed")
	c.expect(t, `{"from":"a/server","to":"9.9.1.1","port":80}`, "denied")
	c.expect(t, `{"from":"a/server","to":"8.8.8.8","port":80}`, "denied")
}

func TestACIDRSelectsNoPod(t *testing.T) {
	c := cluster().cnp("server", `"egress":[{"toCIDR":["10.0.0.0/8"]}]`)
	c.expect(t, `{"from":"a/server","to":"a/client","port":80}`, "denied")
	if is120 {
		c.test.Config.PolicyCIDRMatchMode = &[]string{"pods"}
		c.expect(t, `{"from":"a/server","to":"a/client","port":80}`, "allowed")
	}
}

func TestNamesLearnedByDNS(t *testing.T) {
	c := cluster().cnp("server", `"egress":[{"toFQDNs":[{"matchPattern":"*.github.com"}]}]`)
	c.test.DNS = []LearnedName{{Name: "api.github.com", IPs: []string{"20.0.0.1"}}, {Name: "github.com", IPs: []string{"20.0.0.2"}}}
	c.expect(t, `{"from":"a/server","to":"20.0.0.1","port":443}`, "allowed")
	c.expect(t, `{"from":"a/server","to":"20.0.0.2","port":443}`, "denied")
}

func TestNamesAreKnownOnTheAskersNode(t *testing.T) {
	c := cluster().cnp("server", `"egress":[{"toFQDNs":[{"matchName":"github.com"}]}]`).
		object(`{"kind":"Pod","metadata":{"name":"far","namespace":"a"},"spec":{"nodeName":"n2"}}`)
	c.test.DNS = []LearnedName{{Name: "github.com", IPs: []string{"20.0.0.2"}, SeenBy: "a/far"}}
	c.expect(t, `{"from":"a/server","to":"20.0.0.2","port":443}`, "denied")
	c.test.DNS[0].SeenBy = "b/client"
	c.expect(t, `{"from":"a/server","to":"20.0.0.2","port":443}`, "allowed")
}

func TestNetworkPolicy(t *testing.T) {
	c := cluster().object(`{"kind":"NetworkPolicy","metadata":{"name":"np","namespace":"a"},"spec":{"podSelector":{},"ingress":[{"from":[{"namespaceSelector":{"matchLabels":{"team":"blue"}}}]}]}}`)
	c.expect(t, `{"from":"b/client","to":"a/server","port":80}`, "allowed")
	c.expect(t, `{"from":"a/client","to":"a/server","port":80}`, "denied")
}

func TestClusterNetworkPolicyIsOf120(t *testing.T) {
	c := cluster().object(`{"kind":"ClusterNetworkPolicy","metadata":{"name":"k"},"spec":{"tier":"Admin","priority":1,"subject":{"namespaces":{}},` +
		`"ingress":[{"action":"Deny","from":[{"namespaces":{"matchLabels":{"team":"blue"}}}]}]}}`)
	if is120 {
		c.expect(t, `{"from":"b/client","to":"a/server","port":80}`, "denied")
		c.expect(t, `{"from":"a/client","to":"a/server","port":80}`, "allowed")
		return
	}
	answer := Evaluate(&c.test)
	if answer.Policies[0].Valid {
		t.Errorf("valid in %s", minor.Version)
	}
}

func TestHTTP(t *testing.T) {
	c := cluster().cnp("server", `"ingress":[{"toPorts":[{"ports":[{"port":"80","protocol":"TCP"}],"rules":{"http":[{"method":"GET","path":"/public/.*"}]}}]}]`)
	c.expect(t, `{"from":"a/client","to":"a/server","port":80,"http":{"method":"GET","path":"/public/x"}}`, "allowed")
	c.expect(t, `{"from":"a/client","to":"a/server","port":80,"http":{"method":"POST","path":"/public/x"}}`, "denied")
	c.expect(t, `{"from":"a/client","to":"a/server","port":80}`, "undecided")
	if got := c.ask(t, `{"from":"a/client","to":"a/server","port":80}`); got.IngressRedirect != "http" || got.IngressL7 != "" {
		t.Errorf("%+v", got)
	}
}

func TestDNSProxy(t *testing.T) {
	c := cluster().cnp("server", `"egress":[{"toEndpoints":[{"matchLabels":{"app":"client"}}],"toPorts":[{"ports":[{"port":"53","protocol":"UDP"}],"rules":{"dns":[{"matchPattern":"*.github.com"}]}}]}]`)
	c.expect(t, `{"from":"a/server","to":"a/client","port":53,"protocol":"UDP","dnsQuery":{"name":"API.github.com"}}`, "allowed")
	c.expect(t, `{"from":"a/server","to":"a/client","port":53,"protocol":"UDP","dnsQuery":{"name":"github.com"}}`, "denied")
	c.expect(t, `{"from":"a/server","to":"a/client","port":53,"protocol":"UDP"}`, "undecided")
}

// Type 0 is port 0, which stands for every port: a rule for it opens all types of ICMP.
func TestICMPTypes(t *testing.T) {
	c := cluster().cnp("server", `"ingress":[{"icmps":[{"fields":[{"type":8,"family":"IPv4"}]}]}]`)
	c.expect(t, `{"from":"a/client","to":"a/server","protocol":"ICMP","icmpType":8}`, "allowed")
	c.expect(t, `{"from":"a/client","to":"a/server","protocol":"ICMP","icmpType":0}`, "denied")
	c = cluster().cnp("server", `"ingress":[{"icmps":[{"fields":[{"type":0,"family":"IPv4"}]}]}]`)
	c.expect(t, `{"from":"a/client","to":"a/server","protocol":"ICMP","icmpType":0}`, "allowed")
	c.expect(t, `{"from":"a/client","to":"a/server","protocol":"ICMP","icmpType":8}`, "allowed")
	c.expect(t, `{"from":"a/client","to":"a/server","protocol":"ICMPv6","icmpType":8}`, "denied")
}

// Other nodes carry the labels of their Node, the own node only in 1.20. It shows in 1.18, where a label of a CIDR group
// gives way to a node label of the same key: later minors write the group's label with its value in the key.
func TestNodeLabels(t *testing.T) {
	on := true
	c := cluster().
		object(`{"kind":"CiliumCIDRGroup","metadata":{"name":"g","labels":{"zone":"group"}},"spec":{"externalCIDRs":["10.10.0.0/16"]}}`).
		cnp("server", `"egress":[{"toNodes":[{"matchLabels":{"node:zone":"z2"}}],"toPorts":[{"ports":[{"port":"80"}]}]},`+
			`{"toCIDRSet":[{"cidrGroupSelector":{"matchLabels":{"zone":"group"}}}],"toPorts":[{"ports":[{"port":"81"}]}]}]`)
	c.test.Config.EnableNodeSelectorLabels = &on
	c.test.Config.PolicyCIDRMatchMode = &[]string{"nodes"}
	c.expect(t, `{"from":"a/server","to":"10.10.0.2","port":80}`, "allowed")
	c.expect(t, `{"from":"a/server","to":"10.10.0.1","port":81}`, "allowed")
	other := "allowed"
	if minor.Version == "1.18" {
		other = "denied"
	}
	c.expect(t, `{"from":"a/server","to":"10.10.0.2","port":81}`, other)
}

// A node of which no object tells has an identity that selectors know.
func TestNodeWithoutObject(t *testing.T) {
	on := true
	c := newSketch().pod("a/server", "10.0.0.2").cnp("server", `"egress":[{"toNodes":[{}]}]`)
	c.test.Config.EnableNodeSelectorLabels = &on
	c.expect(t, `{"from":"a/server","to":"reserved:remote-node","port":80}`, "allowed")
	c.expect(t, `{"from":"a/server","to":"reserved:kube-apiserver","port":80}`, "allowed")
	c.expect(t, `{"from":"a/server","to":"reserved:host","port":80}`, "denied")
}

func TestTheAgentsOwnEndpoints(t *testing.T) {
	c := cluster().object(`{"kind":"CiliumClusterwideNetworkPolicy","metadata":{"name":"all"},"spec":{"endpointSelector":{},"ingress":[{"fromEntities":["cluster"]}]}}`)
	got := c.ask(t, `{"from":"8.8.8.8","to":"reserved:ingress","port":80}`)
	if got.Verdict != "denied" || got.Egress != nil {
		t.Errorf("%+v", got)
	}
	if got := c.ask(t, `{"from":"8.8.8.8","to":"reserved:init","port":80}`); got.Verdict != "allowed" || got.Ingress != nil {
		t.Errorf("%+v", got)
	}
}

func TestErrorsOfEnds(t *testing.T) {
	c := cluster()
	for _, connection := range []string{
		`{"from":"a/nobody","to":"a/server","port":80}`,
		`{"from":"reserved:nothing","to":"a/server","port":80}`,
		`{"from":"a/client","to":"a/server","port":70000}`,
		`{"from":"a/client","to":"a/server","port":80,"protocol":"XTP"}`,
	} {
		if got := c.ask(t, connection); got.Verdict != "undecided" || got.Error == "" {
			t.Errorf("%s: %+v", connection, got)
		}
	}
}
