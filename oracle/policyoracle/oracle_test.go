package policyoracle

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"ringfence/oracle/minor"
)

func TestMain(m *testing.M) {
	if err := initialize(); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// sketch is a test written short.
type sketch struct{ test Test }

func newSketch() *sketch { return &sketch{Test{Name: "sketch", Config: &Config{}}} }

// object adds an object; %s and the like are filled in.
func (s *sketch) object(format string, values ...any) *sketch {
	s.test.Objects = append(s.test.Objects, json.RawMessage(fmt.Sprintf(format, values...)))
	return s
}

// pod adds a pod `namespace/name` labelled app=name on node n1 with an address and a port `http` (8080/TCP).
func (s *sketch) pod(key, address string) *sketch {
	namespace, name, _ := strings.Cut(key, "/")
	return s.object(`{"kind":"Pod","metadata":{"name":%q,"namespace":%q,"labels":{"app":%q}},"spec":{"nodeName":"n1",`+
		`"containers":[{"name":"c","ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}]}]},"status":{"podIP":%q}}`,
		name, namespace, name, address)
}

// cnp adds a CiliumNetworkPolicy in namespace a for the pods app=server.
func (s *sketch) cnp(name, rules string) *sketch {
	return s.object(`{"kind":"CiliumNetworkPolicy","metadata":{"name":%q,"namespace":"a"},"spec":{"endpointSelector":{"matchLabels":{"app":"server"}},%s}}`, name, rules)
}

// ask answers one connection given as JSON.
func (s *sketch) ask(t *testing.T, connection string) *Expect {
	t.Helper()
	var c Connection
	if err := json.Unmarshal([]byte(connection), &c); err != nil {
		t.Fatal(err)
	}
	s.test.Connections = []Connection{c}
	answer := Evaluate(&s.test)
	if answer.Err != nil {
		t.Fatal(answer.Err)
	}
	for _, policy := range answer.Policies {
		if !policy.Valid {
			t.Fatalf("%s: %s", policy.Policy, policy.Error)
		}
	}
	return answer.Connections[0]
}

func (s *sketch) expect(t *testing.T, connection, verdict string) {
	t.Helper()
	if got := s.ask(t, connection); got.Verdict != verdict || got.Error != "" {
		t.Errorf("%s: %s %s, not %s", connection, got.Verdict, got.Error, verdict)
	}
}

func cluster() *sketch {
	return newSketch().
		object(`{"kind":"Namespace","metadata":{"name":"a","labels":{"team":"red"}}}`).
		object(`{"kind":"Namespace","metadata":{"name":"b","labels":{"team":"blue"}}}`).
		object(`{"kind":"Node","metadata":{"name":"n1","labels":{"zone":"z1"}},"status":{"addresses":[{"type":"InternalIP","address":"10.10.0.1"}]}}`).
		object(`{"kind":"Node","metadata":{"name":"n2","labels":{"zone":"z2"}},"status":{"addresses":[{"type":"InternalIP","address":"10.10.0.2"}]}}`).
		pod("a/client", "10.0.0.1").pod("a/server", "10.0.0.2").pod("b/client", "10.0.0.3")
}

// is120 tells whether this module's Cilium is 1.20.
const is120 = minor.Version == "1.20"
