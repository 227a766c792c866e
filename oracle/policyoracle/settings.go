package policyoracle

import (
	"fmt"

	"github.com/cilium/cilium/pkg/labelsfilter"
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"

	"ringfence/oracle/minor"
)

// settings are the agent's configuration with the defaults of the Helm chart.
type settings struct {
	policyEnforcementMode     string
	allowLocalhost            string
	policyCIDRMatchMode       []string
	ipv4, ipv6                bool
	clusterName               string
	policyDefaultLocalCluster bool
	l7Proxy                   bool
	sctp                      bool
	icmpRules                 bool
	nodeSelectorLabels        bool
	nonDefaultDenyPolicies    bool
	extendedIPProtocols       bool
	labels, nodeLabels        []string
}

func given[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}

func settingsOf(config *Config) (*settings, error) {
	if config == nil {
		config = &Config{}
	}
	s := &settings{
		policyEnforcementMode:     given(config.PolicyEnforcementMode, "default"),
		allowLocalhost:            given(config.AllowLocalhost, "always"),
		policyCIDRMatchMode:       given(config.PolicyCIDRMatchMode, nil),
		ipv4:                      given(config.IPv4, true),
		ipv6:                      given(config.IPv6, false),
		clusterName:               given(config.ClusterName, "default"),
		policyDefaultLocalCluster: given(config.PolicyDefaultLocalCluster, minor.PolicyDefaultLocalCluster),
		l7Proxy:                   given(config.EnableL7Proxy, true),
		sctp:                      given(config.EnableSCTP, false),
		icmpRules:                 given(config.EnableICMPRules, true),
		nodeSelectorLabels:        given(config.EnableNodeSelectorLabels, false),
		nonDefaultDenyPolicies:    given(config.EnableNonDefaultDenyPolicies, true),
		extendedIPProtocols:       given(config.EnableExtendedIPProtocols, false),
		labels:                    config.Labels,
		nodeLabels:                config.NodeLabels,
	}
	if s.allowLocalhost == "auto" {
		s.allowLocalhost = "always" // what auto means on Kubernetes
	}
	for _, mode := range s.policyCIDRMatchMode {
		if mode != "nodes" && !(mode == "pods" && minor.CIDRMatchesPods) {
			return nil, fmt.Errorf("unknown CIDR match mode: %s", mode)
		}
	}
	return s, nil
}

// apply sets Cilium's global configuration. Everything after it, until the next test, is decided under it.
func (s *settings) apply() error {
	config := option.Config
	config.EnableIPv4, config.EnableIPv6 = s.ipv4, s.ipv6
	config.ClusterName = s.clusterName
	config.PolicyCIDRMatchMode = s.policyCIDRMatchMode
	config.EnableL7Proxy = s.l7Proxy
	config.EnableSCTP = s.sctp
	config.EnableICMPRules = s.icmpRules
	config.EnableNodeSelectorLabels = s.nodeSelectorLabels
	config.EnableNonDefaultDenyPolicies = s.nonDefaultDenyPolicies
	minor.SetAllowLocalhost(s.allowLocalhost)
	minor.SetExtendedIPProtocols(s.extendedIPProtocols)
	policy.SetPolicyEnabled(s.policyEnforcementMode)
	api.InitEntities(s.clusterName)
	return labelsfilter.ParseLabelPrefixCfg(logger, s.labels, s.nodeLabels, "")
}

// hasFamily tells whether addresses of that family are in use.
func (s *settings) hasFamily(isIPv4 bool) bool {
	if isIPv4 {
		return s.ipv4
	}
	return s.ipv6
}
