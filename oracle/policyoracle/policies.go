package policyoracle

import (
	"encoding/json"
	"fmt"

	ipcachetypes "github.com/cilium/cilium/pkg/ipcache/types"
	cilium_v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	slim_networkingv1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/networking/v1"

	"ringfence/oracle/minor"
)

// policyObject is a policy with what the agent makes of it: rules, or an error.
type policyObject struct {
	kind, namespace, name string
	raw                   json.RawMessage
	rules                 minor.Rules
	err                   error
}

// key names the policy as tests do: kind/namespace/name, kind/name for cluster-scoped ones.
func (p *policyObject) key() string { return policyKey(p.kind, p.namespace, p.name) }

func policyKey(kind, namespace, name string) string {
	if namespace == "" {
		return kind + "/" + name
	}
	return kind + "/" + namespace + "/" + name
}

var resourceKinds = map[string]ipcachetypes.ResourceKind{
	"CiliumNetworkPolicy":            ipcachetypes.ResourceKindCNP,
	"CiliumClusterwideNetworkPolicy": ipcachetypes.ResourceKindCCNP,
	"NetworkPolicy":                  ipcachetypes.ResourceKindNetpol,
	"ClusterNetworkPolicy":           "kcnp",
}

func (p *policyObject) resource() ipcachetypes.ResourceID {
	return ipcachetypes.NewResourceID(resourceKinds[p.kind], p.namespace, p.name)
}

// addPolicy takes in an object of one of the policy kinds.
func (w *world) addPolicy(raw json.RawMessage, head *objectHead) {
	policy := &policyObject{kind: head.Kind, name: head.Metadata.Name, raw: raw}
	switch head.Kind {
	case "CiliumNetworkPolicy", "NetworkPolicy":
		policy.namespace = head.namespaceOf()
	case "CiliumClusterwideNetworkPolicy", "ClusterNetworkPolicy":
	default:
		return
	}
	w.policies = append(w.policies, policy)
}

// parsePolicy validates and translates a policy. A panic inside Cilium makes the one object invalid.
func (w *world) parsePolicy(policy *policyObject) {
	defer func() {
		if reason := recover(); reason != nil {
			policy.rules, policy.err = nil, fmt.Errorf("panic: %v", reason)
		}
	}()
	cluster := ""
	if w.settings.policyDefaultLocalCluster {
		cluster = w.settings.clusterName
	}
	switch policy.kind {
	case "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy":
		object := &cilium_v2.CiliumNetworkPolicy{}
		if policy.err = json.Unmarshal(policy.raw, object); policy.err != nil {
			return
		}
		object.ObjectMeta.Namespace = policy.namespace
		w.translateToServices(object)
		policy.rules, policy.err = minor.ParseCiliumPolicy(logger, object, cluster)
	case "NetworkPolicy":
		object := &slim_networkingv1.NetworkPolicy{}
		if policy.err = json.Unmarshal(policy.raw, object); policy.err != nil {
			return
		}
		object.ObjectMeta.Namespace = policy.namespace
		defaultPolicyTypes(object)
		policy.rules, policy.err = minor.ParseNetworkPolicy(logger, object, cluster)
	case "ClusterNetworkPolicy":
		policy.rules, policy.err = minor.ParseClusterNetworkPolicy(logger, policy.raw, cluster)
	}
}

// defaultPolicyTypes does the API server's defaulting of spec.policyTypes.
func defaultPolicyTypes(object *slim_networkingv1.NetworkPolicy) {
	if len(object.Spec.PolicyTypes) > 0 {
		return
	}
	object.Spec.PolicyTypes = []slim_networkingv1.PolicyType{slim_networkingv1.PolicyTypeIngress}
	if len(object.Spec.Egress) > 0 {
		object.Spec.PolicyTypes = append(object.Spec.PolicyTypes, slim_networkingv1.PolicyTypeEgress)
	}
}

// valid are the policies that the agent takes in.
func (w *world) valid() (policies []*policyObject) {
	for _, policy := range w.policies {
		if policy.err == nil {
			policies = append(policies, policy)
		}
	}
	return policies
}

// verdictsOnPolicies are the agent's answers about the objects themselves.
func (w *world) verdictsOnPolicies() (verdicts []ExpectPolicy) {
	for _, policy := range w.policies {
		verdict := ExpectPolicy{Policy: policy.key(), Valid: policy.err == nil}
		if policy.err != nil {
			verdict.Error = policy.err.Error()
		}
		verdicts = append(verdicts, verdict)
	}
	return verdicts
}
