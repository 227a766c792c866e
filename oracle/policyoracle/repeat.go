package policyoracle

import "reflect"

// EvaluateTimes evaluates a test several times. The engine's answers can depend on the order of Go's maps: what
// evaluations differ about is left out of the answer, and connections whose verdict differs are marked.
func EvaluateTimes(test *Test, times int) *Answer {
	answer := Evaluate(test)
	for n := 1; n < times && answer.Err == nil; n++ {
		again := Evaluate(test)
		if again.Err != nil {
			return again
		}
		answer.merge(again)
	}
	return answer
}

func (a *Answer) merge(again *Answer) {
	for i := range a.Connections {
		if sameVerdict(a.Connections[i], again.Connections[i]) {
			leaveOutDifferences(a.Connections[i], again.Connections[i])
			continue
		}
		if a.differs == nil {
			a.differs = map[int]bool{}
		}
		a.differs[i] = true
	}
	for i := range a.Policies {
		// Of several errors of one object, which is told depends on the order of maps.
		a.errors[i] = append(a.errors[i], again.Policies[i].Error)
		if a.Policies[i].Error != again.Policies[i].Error {
			a.Policies[i].Error = ""
		}
	}
}

func sameVerdict(a, b *Expect) bool {
	return a.Verdict == b.Verdict && reflect.DeepEqual(a.Egress, b.Egress) && reflect.DeepEqual(a.Ingress, b.Ingress) &&
		a.EgressL7 == b.EgressL7 && a.IngressL7 == b.IngressL7 && a.Error == b.Error
}

func leaveOutDifferences(a, b *Expect) {
	leaveOut(&a.EgressRedirect, b.EgressRedirect)
	leaveOut(&a.IngressRedirect, b.IngressRedirect)
	leaveOut(&a.EgressAuth, b.EgressAuth)
	leaveOut(&a.IngressAuth, b.IngressAuth)
	if !reflect.DeepEqual(a.EgressPolicies, b.EgressPolicies) {
		a.EgressPolicies = nil
	}
	if !reflect.DeepEqual(a.IngressPolicies, b.IngressPolicies) {
		a.IngressPolicies = nil
	}
}

func leaveOut(value *string, other string) {
	if *value != other {
		*value = ""
	}
}
