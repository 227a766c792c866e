package minor

import (
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/policy/api"
)

// ServiceSelectorMatches tells whether a k8sServiceSelector of toServices selects a Service by its labels.
// Follows pkg/policy/k8s serviceSelectorMatches, without its look at the namespace.
func ServiceSelectorMatches(selector api.ServiceSelector, serviceLabels map[string]string) bool {
	endpoints := api.EndpointSelector(selector)
	endpoints.SyncRequirementsWithLabelSelector()
	return endpoints.Matches(serviceLabelMatcher(labels.Map2Labels(serviceLabels, labels.LabelSourceK8s)))
}

// serviceLabelMatcher looks for keys as they are written, as upstream's labelsMatcher does.
type serviceLabelMatcher labels.Labels

func (m serviceLabelMatcher) Get(key string) string { return labels.Labels(m)[key].Value }

func (m serviceLabelMatcher) Has(key string) bool { return labels.Labels(m).HasLabelWithKey(key) }

func (m serviceLabelMatcher) Lookup(key string) (string, bool) {
	value, found := labels.Labels(m)[key]
	return value.Value, found
}
