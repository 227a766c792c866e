package policyoracle

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"

	"github.com/cilium/cilium/pkg/crypto/certificatemanager"
	envoypolicy "github.com/cilium/cilium/pkg/envoy/policy"
	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/identity/identitymanager"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
	testpolicy "github.com/cilium/cilium/pkg/testutils/policy"

	"ringfence/oracle/minor"
)

var logger = slog.New(slog.DiscardHandler)

// httpTranslator is Cilium's own translation of HTTP rules to Envoy's matchers. No secret is ever there.
var httpTranslator = envoypolicy.NewEnvoyL7RulesTranslator(logger, certificatemanager.NewMockSecretManagerNotFound())

// secretReferences answers every TLS context with a reference to its secret, as the agent does where secrets are synced.
type secretReferences struct{}

func (secretReferences) GetTLSContext(context.Context, *api.TLSContext, string) (ca, public, private string, inlineSecrets bool, err error) {
	return "", "", "", false, nil
}

// agent is what the agent of one node knows.
//
// It comes to life in two steps: newAgent knows all identities; after the peers of the connections are resolved, which
// may need identities of their own, load fills the repository with the policies.
type agent struct {
	world      *world
	node       string
	ipcache    *ipcache
	identities *identities
	host       *identity.Identity
	pods       map[string]*identity.Identity // by namespace/name
	ports      *minor.NamedPorts
	manager    identitymanager.IDManager
	repository *policy.Repository
	endpoints  map[string]*endpoint
}

func newAgent(w *world, node string) *agent {
	a := &agent{
		world:      w,
		node:       node,
		ipcache:    newIPCache(),
		identities: newIdentities(),
		pods:       map[string]*identity.Identity{},
		ports:      minor.NewNamedPorts(),
		endpoints:  map[string]*endpoint{},
	}
	a.fillIPCache()
	a.allocateAddresses()
	a.allocatePods()
	return a
}

// allocateAddresses gives an identity to each prefix, and to the host the labels of all its addresses together.
// Follows pkg/ipcache resolveIdentity and updateReservedHostLabels.
func (a *agent) allocateAddresses() {
	resolved := map[netip.Prefix]labels.Labels{}
	hostLabels := labels.NewFrom(labels.LabelHost)
	for _, prefix := range a.ipcache.prefixes() {
		merged := a.ipcache.mergeLabels(prefix)
		resolveLabels(merged, prefix)
		resolved[prefix] = merged
		if merged.HasHostLabel() {
			hostLabels.MergeLabels(merged)
		}
	}
	if a.world.nodes[a.node] == nil {
		hostLabels.MergeLabels(a.nodeIdentityLabels(&node{name: a.node}))
	}
	a.host = identity.AddReservedIdentityWithLabels(identity.ReservedIdentityHost, hostLabels)
	for id, all := range identity.ListReservedIdentities() {
		a.identities.known[id] = all
	}
	for _, prefix := range a.ipcache.prefixes() {
		if resolved[prefix].HasHostLabel() {
			a.ipcache.identities[prefix] = a.host
		} else {
			a.ipcache.identities[prefix] = a.identities.allocate(resolved[prefix])
		}
	}
}

func (a *agent) allocatePods() {
	for _, key := range a.world.podOrder {
		p := a.world.pods[key]
		if p.hostNet {
			continue // it is its node
		}
		id := a.identities.allocate(a.podIdentityLabels(p))
		a.pods[key] = id
		a.ports.Add(id.ID, p.ports)
	}
}

// load makes the identities known to the policy repository and fills it.
func (a *agent) load() {
	a.manager = identitymanager.NewIDManager(logger)
	a.repository = policy.NewPolicyRepository(logger, nil, secretReferences{}, httpTranslator, a.manager, testpolicy.NewPolicyMetricsNoop())
	a.ports.Register(a.repository)
	var done sync.WaitGroup
	a.repository.GetSelectorCache().UpdateIdentities(a.identities.known, nil, &done)
	done.Wait()
	minor.AddSubjects(a.repository, a.identities.known)
	for _, object := range a.world.valid() {
		a.repository.ReplaceByResource(object.rules, object.resource())
	}
}

// close lets go of the endpoints' policies.
func (a *agent) close() {
	for _, e := range a.endpoints {
		if e.policy != nil {
			e.policy.Ready()
			e.policy.Detach(logger)
		}
	}
}
