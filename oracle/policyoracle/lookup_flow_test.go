package policyoracle

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"ringfence/oracle/minor"
)

// corpusTests are the tests of a file of the corpus that lies beside the oracle.
func corpusTests(t *testing.T, name string) (tests []Test, lines []string) {
	t.Helper()
	file, err := os.Open("../../corpus/" + name)
	if err != nil {
		t.Skipf("no corpus: %v", err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	scanner := bufio.NewScanner(unzipped)
	scanner.Buffer(make([]byte, 1<<20), maxLineBytes)
	for scanner.Scan() {
		var test Test
		if err := json.Unmarshal(scanner.Bytes(), &test); err != nil {
			t.Fatal(err)
		}
		tests = append(tests, test)
		lines = append(lines, scanner.Text())
	}
	return tests, lines
}

// namedPort finds ports by name in policies. LookupFlow knows none of the pods' names.
var namedPort = regexp.MustCompile(`"port":"[^"]*[a-zA-Z]`)

// proxied finds rules that redirect to a proxy. Before 1.20, LookupFlow gives no proxy a port, and so denies what they allow.
var proxied = regexp.MustCompile(`"rules":|"serverNames":|"listener":`)

// The oracle's answers about pods are those of the engine's own LookupFlow, which the oracle does not use: every
// connection between pods of one node in the random worlds.
func TestAgainstLookupFlow(t *testing.T) {
	tests, lines := corpusTests(t, "random-"+minor.Version+".jsonl.gz")
	compared, denied := 0, 0
	for i := range tests {
		if namedPort.MatchString(lines[i]) || !is120 && proxied.MatchString(lines[i]) {
			continue
		}
		c, d := compareWithLookupFlow(t, &tests[i])
		compared, denied = compared+c, denied+d
	}
	if compared < 50 || denied < 10 || compared-denied < 10 {
		t.Errorf("only %d flows compared, %d of them denied", compared, denied)
	}
	t.Logf("%d flows compared, %d of them denied", compared, denied)
}

func compareWithLookupFlow(t *testing.T, test *Test) (compared, denied int) {
	t.Helper()
	answer := Evaluate(test)
	if answer.Err != nil {
		t.Fatal(answer.Err)
	}
	settings, _ := settingsOf(test.Config)
	w, err := newWorld(test, settings)
	if err != nil {
		t.Fatal(err)
	}
	for i := range test.Connections {
		from, to, via, err := w.parseConnection(&test.Connections[i])
		if err != nil || from.pod == nil || to.pod == nil || from.pod.node != to.pod.node || via.port == 0 {
			continue
		}
		a := newAgent(w, from.pod.node)
		a.load()
		flow, err := minor.LookupFlow(logger, a.repository, a.manager, a.pods[from.pod.key], a.pods[to.pod.key], via.protocol, via.port)
		a.close()
		if err != nil {
			t.Fatal(err)
		}
		got := answer.Connections[i]
		allowed := *got.Egress == "allowed" && *got.Ingress == "allowed"
		if allowed != flow.Allowed || flow.Egress != "" && (*got.Egress != flow.Egress || *got.Ingress != flow.Ingress) {
			t.Errorf("%s connection %d: the oracle says %s, %s; LookupFlow %+v", test.Name, i, *got.Egress, *got.Ingress, flow)
		}
		compared++
		if !allowed {
			denied++
		}
	}
	return compared, denied
}
