package policyoracle

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"ringfence/oracle/minor"
)

func answerText(t *testing.T, input string, args ...string) (out, notes string, code int) {
	t.Helper()
	var outBuffer, notesBuffer bytes.Buffer
	code = Main(args, strings.NewReader(input), &outBuffer, &notesBuffer)
	return outBuffer.String(), notesBuffer.String(), code
}

const plainTest = `{"name":"x","notes":"<kept>","objects":[{"kind":"Pod","metadata":{"name":"p"}}],"connections":[{"to":"default/p","from":"8.8.8.8","port":1,"more":[1, 2]}]}`

func TestATestKeepsWhatIsNotAnswer(t *testing.T) {
	out, _, code := answerText(t, plainTest)
	want := `{"name":"x","cilium":"` + minor.Version + `","notes":"<kept>","objects":[{"kind":"Pod","metadata":{"name":"p"}}],` +
		`"connections":[{"to":"default/p","from":"8.8.8.8","port":1,"more":[1,2],"expect":{"verdict":"allowed","egress":null,"ingress":"allowed","ingressRedirect":"none","ingressPolicies":[]}}]}` + "\n"
	if out != want || code != 0 {
		t.Errorf("%d\n%s\n%s", code, out, want)
	}
	again, _, _ := answerText(t, out, "-times", "2", "-drop-unstable")
	if again != out {
		t.Errorf("answered twice: %s", again)
	}
}

func TestStampIsOptional(t *testing.T) {
	if out, _, _ := answerText(t, plainTest, "-stamp=false"); strings.Contains(out, `"cilium"`) {
		t.Error(out)
	}
}

func TestALineThatIsNoTest(t *testing.T) {
	out, notes, code := answerText(t, plainTest+"\n{]\n")
	if code != 2 || !strings.Contains(notes, "line 2") || strings.Count(out, "\n") != 1 {
		t.Errorf("%d %s %s", code, out, notes)
	}
	out, _, code = answerText(t, "{]\n"+plainTest, "-lines")
	if code != 0 || !strings.HasPrefix(out, `{"error":"not a policy test`) || strings.Count(out, "\n") != 2 {
		t.Errorf("%d %s", code, out)
	}
}

func TestLinesAreAnsweredAtOnce(t *testing.T) {
	questions, ask := io.Pipe()
	read, answers := io.Pipe()
	go func() {
		Main([]string{"-lines"}, questions, answers, io.Discard)
		answers.Close()
	}()
	lines := bufio.NewReader(read)
	for range 3 {
		if _, err := io.WriteString(ask, plainTest+"\n"); err != nil {
			t.Fatal(err)
		}
		if line, err := lines.ReadString('\n'); err != nil || !strings.HasPrefix(line, `{"name":"x"`) {
			t.Fatal(line, err)
		}
	}
	ask.Close()
}

func TestAPanicIsTheErrorOfItsTest(t *testing.T) {
	answer := &Answer{Connections: make([]*Expect, 1)}
	answer.survive(func() error { panic("inside") })
	if answer.Err == nil || answer.Connections[0].Error != "panic: inside" {
		t.Errorf("%+v", answer)
	}
	line := []byte(`{"name":"x","connections":[{"from":"a","to":"b"}]}`)
	var test Test
	if err := json.Unmarshal(line, &test); err != nil {
		t.Fatal(err)
	}
	text, err := answeredLine(line, &test, answer, &Options{})
	if err != nil || !strings.HasSuffix(string(text), `"error":"panic: inside"}`) {
		t.Errorf("%s %v", text, err)
	}
}

func TestABadConfigurationIsTheErrorOfItsTest(t *testing.T) {
	out, notes, code := answerText(t, `{"name":"x","config":{"policyCIDRMatchMode":["all"]}}`+"\n"+plainTest)
	if code != 0 || !strings.Contains(out, `"error":"unknown CIDR match mode: all"`) || strings.Count(out, "\n") != 2 || notes == "" {
		t.Errorf("%d %s %s", code, out, notes)
	}
}

func TestVersion(t *testing.T) {
	out, _, code := answerText(t, "", "-version")
	if code != 0 || !strings.HasPrefix(out, "cilium "+minor.Version) {
		t.Errorf("%d %s", code, out)
	}
	if _, _, code := answerText(t, "", "-nonsense"); code != 2 {
		t.Error(code)
	}
}

func TestDifferencesBetweenEvaluationsAreLeftOut(t *testing.T) {
	allowed, denied := "allowed", "denied"
	one, other := []string{"a"}, []string{"b"}
	a := &Answer{
		Connections: []*Expect{{Verdict: "allowed", Ingress: &allowed, IngressPolicies: &one, IngressAuth: "required"}, {Verdict: "allowed", Ingress: &allowed}},
		Policies:    []ExpectPolicy{{Policy: "p", Error: "x is wrong"}},
		errors:      [][]string{{"x is wrong"}},
	}
	a.merge(&Answer{
		Connections: []*Expect{{Verdict: "allowed", Ingress: &allowed, IngressPolicies: &other, IngressAuth: "required"}, {Verdict: "denied", Ingress: &denied}},
		Policies:    []ExpectPolicy{{Policy: "p", Error: "y is wrong"}},
	})
	if a.unstable(0) || !a.unstable(1) {
		t.Error("the second connection's verdict differs")
	}
	if a.Connections[0].IngressPolicies != nil || a.Connections[0].IngressAuth != "required" || a.Policies[0].Error != "" {
		t.Errorf("%+v %+v", a.Connections[0], a.Policies[0])
	}
	a.keepPartialErrors([]ExpectPolicy{{Policy: "p", Error: "is wrong"}})
	if a.Policies[0].Error != "is wrong" {
		t.Errorf("%+v", a.Policies[0])
	}
}

func TestOmissionsStay(t *testing.T) {
	allowed := "allowed"
	policies := []string{"p"}
	answer := &Expect{Verdict: "allowed", Egress: &allowed, EgressRedirect: "http", EgressPolicies: &policies}
	keepOmissions(answer, nil)
	if answer.EgressPolicies == nil {
		t.Error("a new test gets all keys")
	}
	keepOmissions(answer, &Expect{Verdict: "allowed"})
	if answer.EgressPolicies == nil {
		t.Error("a side that was not there left out nothing")
	}
	keepOmissions(answer, &Expect{Verdict: "allowed", Egress: &allowed, EgressRedirect: "http"})
	if answer.EgressPolicies != nil || answer.EgressRedirect == "" {
		t.Errorf("%+v", answer)
	}
}

func TestConfigurationErrorsAreErrors(t *testing.T) {
	answer := &Answer{}
	answer.survive(func() error { return errors.New("no") })
	if answer.Err == nil {
		t.Error("survived without a word")
	}
}

// A panic inside Cilium's parser is known in every minor: a null among the specs.
func TestAPanicOfAPolicyIsItsError(t *testing.T) {
	s := cluster().object(`{"kind":"CiliumNetworkPolicy","metadata":{"name":"x","namespace":"a"},"specs":[null]}`)
	answer := Evaluate(&s.test)
	if answer.Err != nil || answer.Policies[0].Valid || !strings.HasPrefix(answer.Policies[0].Error, "panic: ") {
		t.Errorf("%v %+v", answer.Err, answer.Policies)
	}
}
