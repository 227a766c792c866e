// Package minor is what differs in Cilium 1.19 from the other minors: its API, and the few facts that the reconstructed
// parts of the oracle need. The packages of this name in the other modules have the same exported names.
package minor

import (
	"log/slog"

	"github.com/cilium/cilium/pkg/option"
)

const (
	// Version is the minor whose answers this module gives.
	Version = "1.19"
	// PolicyDefaultLocalCluster is Helm's default of clustermesh.policyDefaultLocalCluster.
	PolicyDefaultLocalCluster = true
	// CIDRMatchesPods tells whether policyCIDRMatchMode has the value pods.
	CIDRMatchesPods = false
	// LocalNodeHasNodeLabels tells whether the host's identity carries its Node's labels with enableNodeSelectorLabels,
	// as other nodes' identities do. Upstream: pkg/node/manager nodeIdentityLabels.
	LocalNodeHasNodeLabels = false
)

// Init sets up what the agent sets up before it reads a policy.
func Init(*slog.Logger) error { return nil }

// CIDRMatchesPodsNow tells whether the current configuration lets CIDR rules select pods.
func CIDRMatchesPodsNow() bool { return false }

// SetExtendedIPProtocols sets the agent's enable-extended-ip-protocols.
func SetExtendedIPProtocols(on bool) { option.Config.EnableExtendedIPProtocols = on }

// SetAllowLocalhost sets the agent's allow-localhost.
func SetAllowLocalhost(value string) {
	option.Config.AllowLocalhost = value
}

// NodeFilterTakesCluster: the agent's node-labels filter the node's cluster label too.
// Upstream: pkg/node/manager nodeIdentityLabels.
const NodeFilterTakesCluster = false
