package minor

import (
	"encoding/json"
	"fmt"
	"log/slog"

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

// ParseClusterNetworkPolicy rejects the object: this minor does not know the kind.
func ParseClusterNetworkPolicy(*slog.Logger, json.RawMessage, string) (Rules, error) {
	return nil, fmt.Errorf("ClusterNetworkPolicy is not supported by Cilium %s", Version)
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
