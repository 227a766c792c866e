package policyoracle

import (
	"regexp"
	"strings"

	"github.com/cilium/cilium/pkg/policy"
)

// serverNameMatches tells whether one of the patterns stands for a TLS server name. Upper and lower case are the same.
// Reconstructed after github.com/cilium/proxy, cilium/network_policy.cc; wildcards are taken alike in all minors.
func serverNameMatches(patterns policy.StringSet, name string) bool {
	for pattern := range patterns {
		if serverNamePattern(pattern).MatchString(strings.ToLower(name)) {
			return true
		}
	}
	return false
}

// never matches nothing.
var never = regexp.MustCompile(`\z.`)

// serverNamePattern turns a pattern into a regular expression: "**." at the front stands for one or more labels, "*" for
// characters of one label, "*" alone for every name.
func serverNamePattern(pattern string) *regexp.Regexp {
	pattern = strings.TrimSuffix(strings.ToLower(pattern), ".")
	if pattern == "*" || pattern == "**" {
		return regexp.MustCompile("^.*$")
	}
	var out strings.Builder
	out.WriteString("^")
	rest, hasLabels := strings.CutPrefix(pattern, "**.")
	if hasLabels {
		out.WriteString(`([-a-z0-9_]+\.)+`)
	}
	for i, literal := range strings.Split(rest, "*") {
		if i > 0 {
			out.WriteString(`[-a-z0-9_]*`)
		}
		out.WriteString(regexp.QuoteMeta(literal))
	}
	out.WriteString("$")
	compiled, err := regexp.Compile(out.String())
	if err != nil {
		return never
	}
	return compiled
}
