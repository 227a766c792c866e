package policyoracle

import (
	"net/netip"

	"github.com/cilium/cilium/pkg/labels"

	"ringfence/oracle/minor"
)

// podIdentityLabels are the labels of a pod's identity: with policyCIDRMatchMode pods also those of the CIDRs and CIDR
// groups around its addresses.
// Follows pkg/endpoint computeCIDRLabelsRLocked.
func (a *agent) podIdentityLabels(p *pod) labels.Labels {
	result := labels.NewFrom(p.labels)
	if !minor.CIDRMatchesPodsNow() || result.IsReserved() {
		return result
	}
	for _, address := range p.addresses {
		hasCIDR := false
		for _, label := range a.ipcache.mergeLabels(hostPrefix(address)) {
			if label.Source == labels.LabelSourceCIDR || label.Source == labels.LabelSourceCIDRGroup {
				result[label.GetExtendedKey()] = label
				hasCIDR = hasCIDR || label.Source == labels.LabelSourceCIDR
			}
		}
		if !hasCIDR {
			all := allAddresses(address)
			result[all.GetExtendedKey()] = all
		}
	}
	return result
}

// allAddresses is the label of the prefix around all addresses of a family.
func allAddresses(address netip.Addr) labels.Label {
	if address.Is6() {
		return labels.ParseLabel("cidr:::/0")
	}
	return labels.ParseLabel("cidr:0.0.0.0/0")
}
