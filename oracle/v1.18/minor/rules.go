package minor

import (
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/cilium/cilium/pkg/k8s"
	cilium_v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	slim_networkingv1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/networking/v1"
	"github.com/cilium/cilium/pkg/policy/api"
)

// Rules are the parsed rules of one policy object, as the repository takes them.
type Rules = api.Rules

// ParseCiliumPolicy validates and translates a CiliumNetworkPolicy or CiliumClusterwideNetworkPolicy (one without namespace).
func ParseCiliumPolicy(logger *slog.Logger, object *cilium_v2.CiliumNetworkPolicy, cluster string) (Rules, error) {
	return object.Parse(logger, cluster)
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
		for _, egress := range rule.Egress {
			selectors = append(selectors, egress.ToFQDNs...)
		}
	}
	return selectors
}
