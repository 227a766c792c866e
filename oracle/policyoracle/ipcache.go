package policyoracle

import (
	"net/netip"
	"slices"

	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/option"
)

// ipcache knows the labels that were given to prefixes, and the identities that came of them.
// Follows pkg/ipcache metadata.go, over plain maps and without controllers.
type ipcache struct {
	metadata   map[netip.Prefix]labels.Labels
	identities map[netip.Prefix]*identity.Identity
}

func newIPCache() *ipcache {
	return &ipcache{map[netip.Prefix]labels.Labels{}, map[netip.Prefix]*identity.Identity{}}
}

// hostPrefix is the prefix of one address.
func hostPrefix(address netip.Addr) netip.Prefix { return netip.PrefixFrom(address, address.BitLen()) }

// upsert gives labels to a prefix, besides those that it has.
func (c *ipcache) upsert(prefix netip.Prefix, given labels.Labels) {
	prefix, _ = prefix.Addr().Unmap().Prefix(prefix.Bits())
	if c.metadata[prefix] == nil {
		c.metadata[prefix] = labels.Labels{}
	}
	c.metadata[prefix].MergeLabels(given)
}

// prefixes are those that have labels, in a fixed order.
func (c *ipcache) prefixes() []netip.Prefix {
	var all []netip.Prefix
	for prefix := range c.metadata {
		all = append(all, prefix)
	}
	slices.SortFunc(all, func(a, b netip.Prefix) int {
		if a.String() < b.String() {
			return -1
		}
		return 1
	})
	return all
}

// mergeLabels are a prefix's labels together with those of the prefixes around it; of each key the closest one's stays,
// and of the CIDR labels only the closest.
// Follows pkg/ipcache mergeLabels (mergeParentLabels before 1.20).
func (c *ipcache) mergeLabels(prefix netip.Prefix) labels.Labels {
	merged := labels.Labels{}
	hasCIDR := false
	for bits := prefix.Bits(); bits >= 0; bits-- {
		around, _ := prefix.Addr().Unmap().Prefix(bits)
		for key, label := range c.metadata[around] {
			if label.Source == labels.LabelSourceCIDR && hasCIDR {
				continue
			}
			if _, closer := merged[key]; closer {
				continue
			}
			merged[key] = label
			hasCIDR = hasCIDR || label.Source == labels.LabelSourceCIDR
		}
	}
	return merged
}

// resolveLabels turns the merged labels of a prefix into those of its identity.
// Follows pkg/ipcache resolveLabels.
func resolveLabels(merged labels.Labels, prefix netip.Prefix) {
	isNode := merged.HasRemoteNodeLabel() || merged.HasHostLabel()
	isInCluster := isNode || merged.HasHealthLabel() || merged.HasIngressLabel()
	if isInCluster {
		merged.Remove(labels.LabelWorld)
		merged.Remove(labels.LabelWorldIPv4)
		merged.Remove(labels.LabelWorldIPv6)
	}
	if isInCluster && !(isNode && option.Config.PolicyCIDRMatchesNodes()) {
		merged.RemoveFromSource(labels.LabelSourceCIDR)
		merged.RemoveFromSource(labels.LabelSourceFQDN)
		merged.RemoveFromSource(labels.LabelSourceCIDRGroup)
	}
	if !(isNode && option.Config.PerNodeLabelsEnabled()) {
		merged.RemoveFromSource(labels.LabelSourceNode)
	}
	if len(merged) == 0 {
		merged.MergeLabels(labels.GetCIDRLabels(prefix))
	}
	if !isInCluster {
		merged.AddWorldLabel(prefix.Addr())
	}
}

// identityOf is the identity of the longest prefix around an address, nil where none is known.
func (c *ipcache) identityOf(address netip.Addr) *identity.Identity {
	for bits := address.BitLen(); bits >= 0; bits-- {
		prefix, _ := address.Prefix(bits)
		if id := c.identities[prefix]; id != nil {
			return id
		}
	}
	return nil
}
