package policyoracle

import (
	"slices"
	"strings"
)

// keepOmissions leaves out of an answer what the recorded one leaves out although it could say it: evaluations are known
// to differ there.
func keepOmissions(answer, recorded *Expect) {
	if recorded == nil {
		return
	}
	if recorded.Egress != nil && recorded.EgressPolicies == nil {
		answer.EgressPolicies = nil
	}
	if recorded.Ingress != nil && recorded.IngressPolicies == nil {
		answer.IngressPolicies = nil
	}
	if isAllowed(recorded.Egress) && recorded.EgressRedirect == "" {
		answer.EgressRedirect = ""
	}
	if isAllowed(recorded.Ingress) && recorded.IngressRedirect == "" {
		answer.IngressRedirect = ""
	}
}

func isAllowed(verdict *string) bool { return verdict != nil && *verdict == "allowed" }

// keepPartialErrors keeps the recorded part of a policy's error, or its absence, where all evaluations' errors have it in
// them: a test's error is a part of the agent's, and which of several is told depends on the order of maps.
func (a *Answer) keepPartialErrors(recorded []ExpectPolicy) {
	for i := range a.Policies {
		at := slices.IndexFunc(recorded, func(r ExpectPolicy) bool { return r.Policy == a.Policies[i].Policy })
		if at < 0 || recorded[at].Valid || a.Policies[i].Valid {
			continue
		}
		isPart := func(text string) bool { return strings.Contains(text, recorded[at].Error) }
		if !slices.ContainsFunc(a.errors[i], func(text string) bool { return !isPart(text) }) {
			a.Policies[i].Error = recorded[at].Error
		}
	}
}
