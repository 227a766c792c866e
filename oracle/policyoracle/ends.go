package policyoracle

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/labels"
)

// end is one end of a connection as a test writes it. One of its fields says what it is; pod and address may go together.
type end struct {
	pod      *pod
	address  netip.Addr
	hostNet  *pod   // a pod that is its node
	reserved string // a reserved identity's name
	// subject is the endpoint whose policy is asked: the pod, or the agent's own endpoint of reserved:health and
	// reserved:ingress. Nil where no policy is enforced.
	subject *pod
}

// parseEnd reads `namespace/pod`, `reserved:name` or an address. A pod's address is that pod.
func (w *world) parseEnd(text string) (*end, error) {
	if name, ok := strings.CutPrefix(text, "reserved:"); ok {
		return &end{reserved: name}, nil
	}
	if address, err := netip.ParseAddr(text); err == nil {
		address = address.Unmap()
		p := w.podByIP[address]
		return &end{pod: p, address: address, subject: p}, nil
	}
	p := w.pods[text]
	switch {
	case p == nil:
		return nil, fmt.Errorf("no such pod: %s", text)
	case p.hostNet:
		return &end{hostNet: p}, nil
	}
	return &end{pod: p, subject: p}, nil
}

// makeOwnEndpoint gives a subject to an end that is one of the agents' own endpoints: the one on the other end's node, or
// on the first node. Clusterwide policies select them.
func (w *world) makeOwnEndpoint(e, other *end) {
	if e.reserved != "health" && e.reserved != "ingress" {
		return
	}
	node := ""
	if other.subject != nil {
		node = other.subject.node
	} else if len(w.nodeOrder) > 0 {
		node = w.nodeOrder[0]
	}
	number := 60000 + uint64(len(e.reserved))
	e.subject = &pod{key: "reserved:" + e.reserved, node: node, reserved: e.reserved, endpointID: number}
}

// resolve is the identity that this node's agent gives to an end.
func (a *agent) resolve(e *end) (*identity.Identity, error) {
	switch {
	case e.pod != nil:
		return a.pods[e.pod.key], nil
	case e.hostNet != nil:
		return a.nodeIdentity(e.hostNet.node), nil
	case e.address.IsValid():
		return a.addressIdentity(e.address), nil
	}
	return a.reservedIdentity(e.reserved)
}

func (a *agent) addressIdentity(address netip.Addr) *identity.Identity {
	if node := a.world.nodeByIP[address]; node != "" && node == a.node {
		return a.host
	}
	if id := a.ipcache.identityOf(address); id != nil {
		return id
	}
	return a.identities.world(address.Is4())
}

// nodeIdentity is the identity of a node: that of its first address, or, where it has none, that of its labels.
func (a *agent) nodeIdentity(name string) *identity.Identity {
	if name == a.node {
		return a.host
	}
	n := a.world.nodes[name]
	if n == nil {
		return a.plainNode(nil)
	}
	for _, address := range n.addresses {
		if id := a.ipcache.identities[hostPrefix(address)]; id != nil {
			return id
		}
	}
	return a.identities.allocate(a.nodeIdentityLabels(n))
}

// plainNode is the identity of another node of which no Node object tells.
func (a *agent) plainNode(more labels.Labels) *identity.Identity {
	given := labels.NewFrom(labels.LabelRemoteNode)
	given.MergeLabels(more)
	given.MergeLabels(a.nodeObjectLabels(nil))
	return a.identities.allocate(given)
}

func (a *agent) reservedIdentity(name string) (*identity.Identity, error) {
	switch name {
	case "host":
		return a.host, nil
	case "remote-node":
		return a.someRemoteNode(), nil
	case "kube-apiserver":
		return a.someAPIServer(), nil
	case "world":
		return a.identities.world(a.world.settings.ipv4), nil
	case "world-ipv4":
		return a.identities.world(true), nil
	case "world-ipv6":
		return a.identities.world(false), nil
	case "health", "init", "unmanaged", "ingress":
		return identity.LookupReservedIdentity(identity.GetReservedID(name)), nil
	}
	return nil, fmt.Errorf("unknown end: reserved:%s", name)
}

// someRemoteNode is the first node that is neither this one nor an API server.
func (a *agent) someRemoteNode() *identity.Identity {
	for _, name := range a.world.nodeOrder {
		if name != a.node && !a.world.isAPIServer(a.world.nodes[name]) {
			return a.nodeIdentity(name)
		}
	}
	return a.plainNode(nil)
}

// someAPIServer is the first other node that runs the API server.
func (a *agent) someAPIServer() *identity.Identity {
	for _, address := range a.world.apiServers {
		if node := a.world.nodeByIP[address]; node != "" && node != a.node {
			return a.ipcache.identities[hostPrefix(address)]
		}
	}
	return a.plainNode(labels.LabelKubeAPIServer)
}
