package policyoracle

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/u8proto"

	"ringfence/oracle/minor"
)

// The shape of the measurement. ringfence's own bench has the same (bench/engine-world.mjs).
const (
	benchPods     = 1000
	benchPolicies = 3000
	benchLookups  = 2_000_000
	benchFlows    = 300
)

// benchResult is the one line that the measurement prints.
type benchResult struct {
	Cilium              string  `json:"cilium"`
	Identities          int     `json:"identities"`
	Policies            int     `json:"policies"`
	Rules               int     `json:"rules"`
	ParseMilliseconds   float64 `json:"parseMilliseconds"`
	LoadMilliseconds    float64 `json:"loadMilliseconds"`
	ResolveMilliseconds float64 `json:"resolveMilliseconds"`
	MapEntries          int     `json:"mapEntries"`
	LookupsPerSecond    float64 `json:"lookupsPerSecond"`
	LookupsAllowed      int     `json:"lookupsAllowed"`
	LookupFlowPerSecond float64 `json:"lookupFlowPerSecond"`
}

// benchTest is a world of 1,000 pods, each with an identity of its own, and 3,000 policies of one ingress and one egress
// rule.
func benchTest() *Test {
	test := &Test{Name: "bench"}
	add := func(format string, values ...any) {
		test.Objects = append(test.Objects, json.RawMessage(fmt.Sprintf(format, values...)))
	}
	for i := range benchPods {
		add(`{"kind":"Pod","metadata":{"name":"p%d","namespace":"ns%d","labels":{"app":"a%d","id":"i%d"}},"spec":{"nodeName":"n1"}}`, i, i%10, i%50, i)
	}
	for i := range benchPolicies {
		port := fmt.Sprintf(`[{"ports":[{"port":"%d","protocol":"TCP"}]}]`, 1000+i%100)
		add(`{"kind":"CiliumNetworkPolicy","metadata":{"name":"c%d","namespace":"ns%d"},"spec":{"endpointSelector":{"matchLabels":{"app":"a%d"}},`+
			`"ingress":[{"fromEndpoints":[{"matchLabels":{"app":"a%d"}}],"toPorts":%s}],"egress":[{"toEndpoints":[{"matchLabels":{"app":"a%d"}}],"toPorts":%s}]}}`,
			i, i%10, (i/10)%50, (i*7)%50, port, (i*11)%50, port)
	}
	return test
}

// runBench measures how long Cilium takes to parse the policies, to fill its repository and to work out the policies of
// all endpoints, and how often it looks up an entry and answers LookupFlow.
func runBench(out, notes io.Writer) int {
	result, err := measure()
	if err == nil {
		err = json.NewEncoder(out).Encode(result)
	}
	if err != nil {
		fmt.Fprintln(notes, err)
		return 2
	}
	return 0
}

func measure() (*benchResult, error) {
	settings, err := settingsOf(nil)
	if err != nil {
		return nil, err
	}
	if err := settings.apply(); err != nil {
		return nil, err
	}
	test := benchTest()
	result := &benchResult{Cilium: ciliumRelease(), Identities: benchPods, Policies: benchPolicies, Rules: 2 * benchPolicies}

	start := time.Now()
	w, err := newWorld(test, settings)
	if err != nil {
		return nil, err
	}
	if len(w.valid()) != benchPolicies {
		return nil, fmt.Errorf("a policy of the bench is not valid")
	}
	result.ParseMilliseconds = millisecondsSince(start)

	start = time.Now()
	a := newAgent(w, "n1")
	a.load()
	defer a.close()
	result.LoadMilliseconds = millisecondsSince(start)

	start = time.Now()
	for _, key := range w.podOrder {
		e := a.endpointOf(w.pods[key])
		if e.err != nil {
			return nil, e.err
		}
		result.MapEntries += e.policy.Len()
	}
	result.ResolveMilliseconds = millisecondsSince(start)
	result.LookupsPerSecond, result.LookupsAllowed = a.measureLookups()
	result.LookupFlowPerSecond, err = a.measureLookupFlow()
	return result, err
}

func (a *agent) measureLookups() (perSecond float64, allowed int) {
	order := a.world.podOrder
	start := time.Now()
	for i := range benchLookups {
		e := a.endpoints[order[i%benchPods]]
		peer := a.pods[order[(i*31)%benchPods]]
		key := policy.IngressKey().WithIdentity(peer.ID).WithPortProto(u8proto.TCP, uint16(1000+i%100))
		if entry, _ := minor.Lookup(e.policy, key); !entry.IsDeny() {
			allowed++
		}
	}
	return benchLookups / time.Since(start).Seconds(), allowed
}

func (a *agent) measureLookupFlow() (perSecond float64, err error) {
	order := a.world.podOrder
	start := time.Now()
	for i := range benchFlows {
		from, to := a.pods[order[i]], a.pods[order[i+1]]
		if _, err := minor.LookupFlow(logger, a.repository, a.manager, from, to, u8proto.TCP, 1000); err != nil {
			return 0, err
		}
	}
	return benchFlows / time.Since(start).Seconds(), nil
}

func millisecondsSince(start time.Time) float64 {
	return float64(time.Since(start).Microseconds()) / 1000
}
