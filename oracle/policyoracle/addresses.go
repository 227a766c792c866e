package policyoracle

import (
	"net/netip"
	"regexp"
	"strings"

	"github.com/cilium/dns"

	"github.com/cilium/cilium/pkg/k8s/utils"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"

	"ringfence/oracle/minor"
)

// fillIPCache gives labels to all prefixes that the agent hears of.
func (a *agent) fillIPCache() {
	a.addNodeAddresses()
	for _, address := range a.world.apiServers {
		a.ipcache.upsert(hostPrefix(address), labels.LabelKubeAPIServer)
	}
	a.addPolicyPrefixes()
	a.addCIDRGroups()
	a.addLearnedNames()
}

// addNodeAddresses follows pkg/node/manager NodeUpdated.
func (a *agent) addNodeAddresses() {
	for _, name := range a.world.nodeOrder {
		n := a.world.nodes[name]
		for _, address := range n.addresses {
			given := labels.NewFrom(a.nodeIdentityLabels(n))
			if option.Config.PolicyCIDRMatchesNodes() {
				given.MergeLabels(labels.GetCIDRLabels(hostPrefix(address)))
			}
			a.ipcache.upsert(hostPrefix(address), given)
		}
	}
}

// addPolicyPrefixes follows pkg/policy/cell updatePrefixes.
func (a *agent) addPolicyPrefixes() {
	for _, object := range a.world.valid() {
		for _, prefix := range policy.GetCIDRPrefixes(object.rules) {
			a.ipcache.upsert(prefix, labels.GetCIDRLabels(prefix))
		}
	}
}

// addCIDRGroups follows pkg/policy/k8s applyCIDRGroup.
func (a *agent) addCIDRGroups() {
	for _, group := range a.world.cidrGroups {
		given := minor.CIDRGroupLabels(utils.RemoveCiliumLabels(group.Labels))
		reference := api.LabelForCIDRGroupRef(group.Name)
		given[reference.Key] = reference
		for _, cidr := range group.Spec.ExternalCIDRs {
			prefix, err := netip.ParsePrefix(string(cidr))
			if err != nil {
				continue
			}
			withWorld := labels.NewFrom(given)
			withWorld.AddWorldLabel(prefix.Addr())
			a.ipcache.upsert(prefix, withWorld)
		}
	}
}

// fqdnLabel is the label of a toFQDNs selector and the names that it stands for.
type fqdnLabel struct {
	names *regexp.Regexp
	label labels.Label
}

func (a *agent) fqdnLabels() (all []fqdnLabel) {
	for _, object := range a.world.valid() {
		for _, selector := range minor.FQDNSelectors(object.rules) {
			if names, err := selector.ToRegex(); err == nil {
				all = append(all, fqdnLabel{names, selector.IdentityLabel()})
			}
		}
	}
	return all
}

// addLearnedNames gives an address the label of every selector that one of its names matches, as far as the names were
// learned on this node.
// Follows pkg/fqdn/namemanager.
func (a *agent) addLearnedNames() {
	selectors := a.fqdnLabels()
	for _, learned := range a.world.learned {
		if !a.hears(&learned) {
			continue
		}
		name := strings.ToLower(dns.Fqdn(learned.Name))
		for _, selector := range selectors {
			if !selector.names.MatchString(name) {
				continue
			}
			for _, text := range learned.IPs {
				if address, err := netip.ParseAddr(text); err == nil {
					a.ipcache.upsert(hostPrefix(address.Unmap()), labels.Labels{selector.label.Key: selector.label})
				}
			}
		}
	}
}

// hears tells whether a name was learned by this node's DNS proxy.
func (a *agent) hears(learned *LearnedName) bool {
	if learned.SeenBy == "" {
		return true
	}
	asker := a.world.pods[learned.SeenBy]
	return asker != nil && asker.node == a.node
}
