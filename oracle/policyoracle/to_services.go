package policyoracle

import (
	"maps"
	"net/netip"

	ciliumio "github.com/cilium/cilium/pkg/k8s/apis/cilium.io"
	cilium_v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	slim_metav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/policy/api"

	"ringfence/oracle/minor"
)

// translateToServices adds to each egress rule what its toServices stand for: the pods that a service selects, or the
// backends' addresses of a service without selector. It happens before the object is validated.
// Follows pkg/policy/k8s resolveToServices and processRule, over plain lists instead of tables.
func (w *world) translateToServices(object *cilium_v2.CiliumNetworkPolicy) {
	for _, s := range w.services {
		w.translateRule(s, object.Spec)
		for _, spec := range object.Specs {
			w.translateRule(s, spec)
		}
	}
}

func (w *world) translateRule(s *service, rule *api.Rule) {
	if rule == nil {
		return
	}
	for i := range rule.Egress {
		for _, reference := range rule.Egress[i].ToServices {
			if referencesService(&reference, s) {
				w.addPeersOf(s, &rule.Egress[i].EgressCommonRule)
			}
		}
	}
}

// referencesService tells whether an element of toServices means a service. The selector goes before the name.
func referencesService(reference *api.Service, s *service) bool {
	if selector := reference.K8sServiceSelector; selector != nil {
		return isIn(selector.Namespace, s) && minor.ServiceSelectorMatches(selector.Selector, s.labels)
	}
	if named := reference.K8sService; named != nil {
		return isIn(named.Namespace, s) && named.ServiceName == s.name
	}
	return false
}

// isIn tells whether a service is in a namespace; none given is any.
func isIn(namespace string, s *service) bool { return namespace == "" || namespace == s.namespace }

func (w *world) addPeersOf(s *service, egress *api.EgressCommonRule) {
	if len(s.selector) > 0 {
		selector := maps.Clone(s.selector)
		selector[ciliumio.PodNamespaceLabel] = s.namespace
		peers := api.NewESFromK8sLabelSelector(labels.LabelSourceK8sKeyPrefix, &slim_metav1.LabelSelector{MatchLabels: selector})
		peers.Generated = true
		egress.ToEndpoints = append(egress.ToEndpoints, peers)
		return
	}
	for _, backend := range w.backendsOf(s) {
		cidr := api.CIDR(netip.PrefixFrom(backend, backend.BitLen()).String())
		egress.ToCIDRSet = append(egress.ToCIDRSet, api.CIDRRule{Cidr: cidr, Generated: true})
	}
}
