package policyoracle

import (
	"slices"

	"github.com/cilium/cilium/pkg/identity"
	ciliumio "github.com/cilium/cilium/pkg/k8s/apis/cilium.io"
	"github.com/cilium/cilium/pkg/policy"

	"ringfence/oracle/minor"
)

// question is one side of a connection: may this subject receive from, or send to, this peer?
type question struct {
	subject    *pod
	ingress    bool
	peer       *identity.Identity
	transport  transport
	connection *Connection
}

// sideAnswer is the answer to it.
type sideAnswer struct {
	verdict  string
	redirect string // the proxy, none where nothing redirects, "" where denied
	l7       string // the proxy's verdict, "" if it was asked nothing
	l7Open   bool   // a proxy decides, and the connection does not give what it would see
	auth     string
	policies []string
}

// decide looks the question up in the subject's policy map and asks the proxies.
func (a *agent) decide(q *question) (*sideAnswer, error) {
	e := a.endpointOf(q.subject)
	if e.err != nil {
		return nil, e.err
	}
	key := policy.EgressKey()
	if q.ingress {
		key = policy.IngressKey()
	}
	key = key.WithIdentity(q.peer.ID).WithPortProtoPrefix(q.transport.protocol, q.transport.port, 16)
	entry, rules := minor.Lookup(e.policy, key)
	answer := &sideAnswer{verdict: "denied", policies: policiesOf(rules)}
	if entry.IsDeny() {
		return answer, nil
	}
	answer.verdict, answer.redirect = "allowed", "none"
	answer.auth = entry.AuthRequirement.AuthType().String()
	if answer.auth == "spire" {
		answer.auth = "required"
	}
	if entry.IsRedirectEntry() {
		a.askProxy(e, q, answer)
	}
	return answer, nil
}

// policiesOf names the policies that the deciding rules come from. Rules that Cilium adds by itself have none.
func policiesOf(rules policy.RuleMeta) []string {
	policies := []string{}
	for _, origin := range rules.LabelArray() {
		var kind, namespace, name string
		for _, label := range origin {
			switch label.Key {
			case ciliumio.PolicyLabelDerivedFrom:
				kind = label.Value
			case ciliumio.PolicyLabelNamespace:
				namespace = label.Value
			case ciliumio.PolicyLabelName:
				name = label.Value
			}
		}
		if kind != "" {
			policies = append(policies, policyKey(kind, namespace, name))
		}
	}
	slices.Sort(policies)
	return slices.Compact(policies)
}
