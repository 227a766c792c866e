package minor

import (
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
	Update(before, after types.NamedPortMap) bool
}

// NewNamedPorts makes an empty table.
func NewNamedPorts() *NamedPorts { return &NamedPorts{types.NewNamedPortMultiMap()} }

// Add adds a pod's named ports. Whose they are plays no part before 1.20.
func (n *NamedPorts) Add(_ identity.NumericIdentity, ports types.NamedPortMap) {
	n.table.Update(nil, ports)
}

// EgressMatches tells whether a port is the one that a name stands for: no port, when pods do not agree on it.
func (n *NamedPorts) EgressMatches(name string, protocol u8proto.U8proto, _ identity.NumericIdentity, port uint16) bool {
	named, err := n.table.GetNamedPort(name, protocol)
	return err == nil && named == port
}

// Register does nothing: the repository asks the owner for named ports.
func (n *NamedPorts) Register(*policy.Repository) {}

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

// GetNamedPort is the endpoint's own port of that name at ingress, and that of all known pods at egress.
func (o *Owner) GetNamedPort(ingress bool, name string, protocol u8proto.U8proto) uint16 {
	if ingress {
		return o.IngressPort(name, protocol)
	}
	port, _ := o.known.table.GetNamedPort(name, protocol)
	return port
}

// PreviousMapState is none: there was no policy before.
func (o *Owner) PreviousMapState() *policy.MapState { return nil }
