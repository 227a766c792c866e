package minor

import (
	"encoding/json"
	"log/slog"

	policyv1alpha2 "sigs.k8s.io/network-policy-api/apis/v1alpha2"

	"github.com/cilium/cilium/pkg/k8s"
	cilium_v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	slim_networkingv1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/networking/v1"
	"github.com/cilium/cilium/pkg/policy/api"
	policytypes "github.com/cilium/cilium/pkg/policy/types"
	policyutils "github.com/cilium/cilium/pkg/policy/utils"
)

// Rules are the parsed rules of one policy object, as the repository takes them.
type Rules = policytypes.PolicyEntries

// ParseCiliumPolicy validates and translates a CiliumNetworkPolicy or CiliumClusterwideNetworkPolicy (one without namespace).
func ParseCiliumPolicy(logger *slog.Logger, object *cilium_v2.CiliumNetworkPolicy, cluster string) (Rules, error) {
	rules, err := object.Parse(logger, cluster)
	if err != nil {
		return nil, err
	}
	return policyutils.RulesToPolicyEntries(rules), nil
}

// ParseNetworkPolicy validates and translates a Kubernetes NetworkPolicy.
func ParseNetworkPolicy(logger *slog.Logger, object *slim_networkingv1.NetworkPolicy, cluster string) (Rules, error) {
	return k8s.ParseNetworkPolicy(logger, cluster, object)
}

// ParseClusterNetworkPolicy validates and translates a ClusterNetworkPolicy.
func ParseClusterNetworkPolicy(logger *slog.Logger, raw json.RawMessage, cluster string) (Rules, error) {
	object := &policyv1alpha2.ClusterNetworkPolicy{}
	if err := json.Unmarshal(raw, object); err != nil {
		return nil, err
	}
	return k8s.ParseClusterNetworkPolicy(logger, cluster, object)
}

// FQDNSelectors lists the toFQDNs of the rules.
func FQDNSelectors(rules Rules) (selectors []api.FQDNSelector) {
	for _, rule := range rules {
		for _, peer := range rule.L3 {
			if selector, ok := peer.GetFQDNSelector(); ok {
				selectors = append(selectors, *selector)
			}
		}
	}
	return selectors
}
