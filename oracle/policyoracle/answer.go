package policyoracle

import "fmt"

// Answer is what Cilium says to one test. Err is why there is no answer to the test as a whole: a configuration that the
// agent rejects, or a panic inside Cilium.
type Answer struct {
	Connections []*Expect
	Policies    []ExpectPolicy
	Err         error
	differs     map[int]bool
	// errors are, for each policy, the texts that evaluations gave as its error.
	errors [][]string
}

// unstable tells whether evaluations differ in the verdict of a connection.
func (a *Answer) unstable(connection int) bool { return a.differs[connection] }

// Evaluate answers a test. It survives a panic inside Cilium.
func Evaluate(test *Test) *Answer {
	answer := &Answer{Connections: make([]*Expect, len(test.Connections))}
	answer.survive(func() error { return answer.evaluate(test) })
	return answer
}

// survive does the work and takes its error, or its panic, for the error of the whole test.
func (a *Answer) survive(work func() error) {
	defer func() {
		if reason := recover(); reason != nil {
			a.fail(fmt.Errorf("panic: %v", reason))
		}
	}()
	if err := work(); err != nil {
		a.fail(err)
	}
}

func (a *Answer) evaluate(test *Test) error {
	settings, err := settingsOf(test.Config)
	if err != nil {
		return err
	}
	if err := settings.apply(); err != nil {
		return err
	}
	w, err := newWorld(test, settings)
	if err != nil {
		return err
	}
	a.Policies = w.verdictsOnPolicies()
	for _, policy := range a.Policies {
		a.errors = append(a.errors, []string{policy.Error})
	}
	a.connect(test, w)
	return nil
}

// fail gives every connection the error.
func (a *Answer) fail(err error) {
	a.Err = err
	for i := range a.Connections {
		a.Connections[i] = undecided(err)
	}
}

func undecided(err error) *Expect { return &Expect{Verdict: "undecided", Error: err.Error()} }

// half is one side of a connection before it is seen from a node.
type half struct {
	connection    int
	ingress       bool
	subject, peer *end
	transport     transport
}

// connect answers the connections, node by node.
func (a *Answer) connect(test *Test, w *world) {
	nodes, halves := a.halvesByNode(test, w)
	egress := make([]*sideAnswer, len(test.Connections))
	ingress := make([]*sideAnswer, len(test.Connections))
	for _, node := range nodes {
		for side, decided := range a.decideOn(node, halves[node], test, w) {
			if side.ingress {
				ingress[side.connection] = decided
			} else {
				egress[side.connection] = decided
			}
		}
	}
	for i := range a.Connections {
		if a.Connections[i] == nil {
			a.Connections[i] = expectOf(egress[i], ingress[i])
		}
	}
}

// halvesByNode takes the connections apart into the sides on which policy is enforced, each on its subject's node.
func (a *Answer) halvesByNode(test *Test, w *world) (nodes []string, halves map[string][]half) {
	halves = map[string][]half{}
	for i := range test.Connections {
		from, to, transport, err := w.parseConnection(&test.Connections[i])
		if err != nil {
			a.Connections[i] = undecided(err)
			continue
		}
		for _, each := range []half{{i, false, from, to, transport}, {i, true, to, from, transport}} {
			if each.subject.subject == nil {
				continue
			}
			node := each.subject.subject.node
			if halves[node] == nil {
				nodes = append(nodes, node)
			}
			halves[node] = append(halves[node], each)
		}
	}
	return nodes, halves
}

func (w *world) parseConnection(c *Connection) (from, to *end, via transport, err error) {
	if from, err = w.parseEnd(c.From); err != nil {
		return
	}
	if to, err = w.parseEnd(c.To); err != nil {
		return
	}
	if via, err = transportOf(c); err != nil {
		return
	}
	w.makeOwnEndpoint(from, to)
	w.makeOwnEndpoint(to, from)
	return
}

// decideOn answers the sides that the agent of one node decides. A side without answer fails its connection.
func (a *Answer) decideOn(node string, halves []half, test *Test, w *world) map[*half]*sideAnswer {
	agent := newAgent(w, node)
	questions := make([]*question, len(halves))
	for i := range halves {
		each := &halves[i]
		peer, err := agent.resolve(each.peer)
		if err != nil {
			a.failConnection(each.connection, err)
			continue
		}
		questions[i] = &question{each.subject.subject, each.ingress, peer, each.transport, &test.Connections[each.connection]}
	}
	agent.load()
	defer agent.close()
	decided := map[*half]*sideAnswer{}
	for i, question := range questions {
		each := &halves[i]
		if a.Connections[each.connection] != nil {
			continue
		}
		side, err := agent.decide(question)
		if err != nil {
			a.failConnection(each.connection, err)
			continue
		}
		decided[each] = side
	}
	return decided
}

func (a *Answer) failConnection(connection int, err error) {
	if a.Connections[connection] == nil {
		a.Connections[connection] = undecided(err)
	}
}

// expectOf puts the two sides together. Nil sides are those without policy.
func expectOf(egress, ingress *sideAnswer) *Expect {
	expect := &Expect{Verdict: "allowed"}
	isOpen := false
	for _, side := range []*sideAnswer{egress, ingress} {
		if side == nil {
			continue
		}
		isOpen = isOpen || side.l7Open
		if side.verdict == "denied" || side.l7 == "denied" {
			expect.Verdict = "denied"
		}
	}
	if isOpen && expect.Verdict == "allowed" {
		expect.Verdict = "undecided"
	}
	if egress != nil {
		expect.Egress, expect.EgressL7, expect.EgressRedirect = &egress.verdict, egress.l7, egress.redirect
		expect.EgressAuth, expect.EgressPolicies = authOf(egress), &egress.policies
	}
	if ingress != nil {
		expect.Ingress, expect.IngressL7, expect.IngressRedirect = &ingress.verdict, ingress.l7, ingress.redirect
		expect.IngressAuth, expect.IngressPolicies = authOf(ingress), &ingress.policies
	}
	return expect
}

// authOf is the authentication to be said: disabled goes without saying.
func authOf(side *sideAnswer) string {
	if side.auth == "disabled" {
		return ""
	}
	return side.auth
}
