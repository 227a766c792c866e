package policyoracle

import (
	"encoding/json"
	"net/netip"

	ciliumio "github.com/cilium/cilium/pkg/k8s/apis/cilium.io"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/labelsfilter"
	"github.com/cilium/cilium/pkg/option"

	"ringfence/oracle/minor"
)

type node struct {
	name      string
	labels    map[string]string
	addresses []netip.Addr
}

func (w *world) addNode(raw json.RawMessage, head *objectHead) error {
	var object struct {
		Status struct {
			Addresses []struct{ Type, Address string } `json:"addresses"`
		} `json:"status"`
	}
	if err := json.Unmarshal(raw, &object); err != nil {
		return err
	}
	n := &node{name: head.Metadata.Name, labels: head.Metadata.Labels}
	for _, each := range object.Status.Addresses {
		switch each.Type {
		case "InternalIP", "ExternalIP", "CiliumInternalIP":
			if address, err := netip.ParseAddr(each.Address); err == nil {
				n.addresses = append(n.addresses, address)
				w.nodeByIP[address] = n.name
			}
		}
	}
	if _, known := w.nodes[n.name]; !known {
		w.nodeOrder = append(w.nodeOrder, n.name)
	}
	w.nodes[n.name] = n
	return nil
}

// isAPIServer tells whether the API server runs on a node.
func (w *world) isAPIServer(n *node) bool {
	for _, address := range n.addresses {
		for _, server := range w.apiServers {
			if address == server {
				return true
			}
		}
	}
	return false
}

// nodeIdentityLabels are the labels of a node as the agent of another, or of this one, sees it.
// Follows pkg/node/manager nodeIdentityLabels.
func (a *agent) nodeIdentityLabels(n *node) labels.Labels {
	isLocal := n.name == a.node
	if !isLocal {
		result := labels.NewFrom(labels.LabelRemoteNode)
		result.MergeLabels(a.nodeObjectLabels(n.labels))
		return result
	}
	result := labels.NewFrom(labels.LabelHost)
	if option.Config.PolicyCIDRMatchesNodes() {
		for _, address := range n.addresses {
			if a.world.settings.hasFamily(address.Is4()) {
				result.MergeLabels(labels.GetCIDRLabels(hostPrefix(address)))
			}
		}
	}
	if minor.LocalNodeHasNodeLabels {
		result.MergeLabels(a.nodeObjectLabels(n.labels))
	}
	return result
}

// nodeObjectLabels are those that come from the Node object and its cluster; none unless enableNodeSelectorLabels is set.
func (a *agent) nodeObjectLabels(ofNode map[string]string) labels.Labels {
	result := labels.Labels{}
	if !option.Config.PerNodeLabelsEnabled() {
		return result
	}
	own := labels.Map2Labels(ofNode, labels.LabelSourceNode)
	cluster := map[string]string{ciliumio.PolicyLabelCluster: a.world.settings.clusterName}
	if minor.NodeFilterTakesCluster {
		own.MergeLabels(labels.Map2Labels(cluster, labels.LabelSourceK8s))
	}
	filtered, _ := labelsfilter.FilterNodeLabels(own)
	result.MergeLabels(filtered)
	if !minor.NodeFilterTakesCluster {
		result.MergeLabels(labels.Map2Labels(cluster, labels.LabelSourceK8s))
	}
	return result
}
