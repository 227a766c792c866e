package minor

import (
	"slices"

	"github.com/cilium/cilium/pkg/endpoint/regeneration"
	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/types"
	"github.com/cilium/cilium/pkg/u8proto"
)

// NamedPorts are the named ports of all the pods that the agent knows.
type NamedPorts struct{ table namedPortTable }

type namedPortTable interface {
	types.NamedPortMultiMap
	Update(id identity.NumericIdentity, before, after types.NamedPortMap) bool
}

// NewNamedPorts makes an empty table.
func NewNamedPorts() *NamedPorts { return &NamedPorts{types.NewNamedPortMultiMap()} }

// Add adds a pod's named ports to those of its identity.
func (n *NamedPorts) Add(id identity.NumericIdentity, ports types.NamedPortMap) {
	n.table.Update(id, nil, ports)
}

// GetNamedPorts makes the table known to the repository.
func (n *NamedPorts) GetNamedPorts() types.NamedPortMultiMap { return n.table }

// EgressMatches tells whether a port is the one that a name stands for at a peer: each identity has its own.
func (n *NamedPorts) EgressMatches(name string, protocol u8proto.U8proto, peer identity.NumericIdentity, port uint16) bool {
	for _, named := range n.table.GetNamedPorts(name, protocol, slices.Values([]identity.NumericIdentity{peer})) {
		if named == port {
			return true
		}
	}
	return false
}

// Register makes the table known to the repository.
func (n *NamedPorts) Register(repository *policy.Repository) { repository.SetNamedPortsGetter(n) }

// Owner is an endpoint as its policy is worked out.
type Owner struct {
	id    uint64
	ports types.NamedPortMap
	known *NamedPorts
}

// NewOwner makes the owner of the policy of an endpoint with these named ports.
func NewOwner(id uint64, ports types.NamedPortMap, known *NamedPorts) *Owner {
	return &Owner{id: id, ports: ports, known: known}
}

// GetID is the endpoint's number on its node.
func (o *Owner) GetID() uint64 { return o.id }

// IsHost is false: the host firewall is not answered for.
func (o *Owner) IsHost() bool { return false }

// PolicyDebug drops the message.
func (o *Owner) PolicyDebug(string, ...any) {}

// RegenerateIfAlive does nothing: an endpoint's policy is worked out once.
func (o *Owner) RegenerateIfAlive(*regeneration.ExternalRegenerationMetadata) <-chan bool {
	done := make(chan bool)
	close(done)
	return done
}

// IngressPort is the endpoint's own port of that name, 0 when it has none.
func (o *Owner) IngressPort(name string, protocol u8proto.U8proto) uint16 {
	port, _ := o.ports.GetNamedPort(name, protocol)
	return port
}

// GetIngressNamedPort is the endpoint's own port of that name.
func (o *Owner) GetIngressNamedPort(name string, protocol u8proto.U8proto) uint16 {
	return o.IngressPort(name, protocol)
}

// PreviousMapStateSizes is empty: there was no policy before.
func (o *Owner) PreviousMapStateSizes() policy.MapStateSizes { return policy.MapStateSizes{} }
