package minor

import (
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/policy/api"
	policytypes "github.com/cilium/cilium/pkg/policy/types"
)

// ServiceSelectorMatches tells whether a k8sServiceSelector of toServices selects a Service by its labels.
// Follows pkg/policy/k8s serviceSelectorMatches, without its look at the namespace.
func ServiceSelectorMatches(selector api.ServiceSelector, serviceLabels map[string]string) bool {
	matcher := serviceLabelMatcher(labels.Map2Labels(serviceLabels, labels.LabelSourceK8s))
	return policytypes.Matches(policytypes.NewLabelSelector(api.EndpointSelector(selector)), matcher)
}

// serviceLabelMatcher leaves the labels' source aside, as upstream's labelsMatcher does.
type serviceLabelMatcher labels.Labels

func (m serviceLabelMatcher) GetLabel(label *labels.Label) string { return m[label.Key].Value }

func (m serviceLabelMatcher) HasLabel(label *labels.Label) bool {
	_, found := m[label.Key]
	return found
}

func (m serviceLabelMatcher) LookupLabel(label *labels.Label) (string, bool) {
	value, found := m[label.Key]
	return value.Value, found
}
