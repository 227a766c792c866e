package minor

import (
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/policy/api"
	policytypes "github.com/cilium/cilium/pkg/policy/types"
)

// ServiceSelectorMatches tells whether a k8sServiceSelector of toServices selects a Service by its labels. A selector that
// cannot be parsed selects none: the object's own parser tells the error.
// Follows pkg/policy/k8s serviceSelectorMatches, without its look at the namespace.
func ServiceSelectorMatches(selector api.ServiceSelector, serviceLabels map[string]string) bool {
	requirements, err := policytypes.UnsanitizedLabelSelectorToRequirements(selector.LabelSelector)
	if err != nil {
		return false
	}
	matcher := serviceLabelMatcher(labels.Map2Labels(serviceLabels, labels.LabelSourceK8s))
	return policytypes.MatchesRequirements(requirements, matcher)
}

// serviceLabelMatcher compares the labels' source, as upstream's labelsMatcher does.
type serviceLabelMatcher labels.Labels

func (m serviceLabelMatcher) LookupLabel(label *labels.Label) (string, bool) {
	value, found := m[label.Key]
	if found && (label.IsAnySource() || value.Source == label.Source) {
		return value.Value, true
	}
	return "", false
}
