package policyoracle

import (
	"regexp"
	"strings"

	cilium "github.com/cilium/proxy/go/cilium/api"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	matcher "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
)

// httpMatches tells whether a request meets one of the rules that Cilium translated for Envoy. No rules are met by all.
// Reconstructed after github.com/cilium/proxy, cilium/network_policy.cc, and Envoy's header matchers.
func httpMatches(rules *cilium.HttpNetworkPolicyRules, request *HTTPRequest) bool {
	if rules == nil || len(rules.HttpRules) == 0 {
		return true
	}
	for _, rule := range rules.HttpRules {
		if httpRuleMatches(rule, request) {
			return true
		}
	}
	return false
}

func httpRuleMatches(rule *cilium.HttpNetworkPolicyRule, request *HTTPRequest) bool {
	for _, header := range rule.Headers {
		if !headerMatches(header, request) {
			return false
		}
	}
	for _, match := range rule.HeaderMatches {
		// The other actions change the request and deny nothing.
		if match.MismatchAction != cilium.HeaderMatch_FAIL_ON_MISMATCH {
			continue
		}
		value, present := headerOf(request, match.Name)
		if !present || match.Value != "" && value != match.Value {
			return false
		}
	}
	return true
}

// headerOf is a header of the request, by any case of its name. Several values are joined with a comma.
func headerOf(request *HTTPRequest, name string) (value string, present bool) {
	switch strings.ToLower(name) {
	case ":path":
		return orElse(request.Path, "/"), true
	case ":method":
		return orElse(request.Method, "GET"), true
	case ":authority", "host":
		return request.Host, request.Host != ""
	}
	for key, values := range request.Headers {
		if strings.EqualFold(key, name) {
			return strings.Join(values, ","), true
		}
	}
	return "", false
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// headerMatches follows Envoy's header matcher.
func headerMatches(header *route.HeaderMatcher, request *HTTPRequest) bool {
	value, present := headerOf(request, header.Name)
	matches := false
	switch specifier := header.HeaderMatchSpecifier.(type) {
	case *route.HeaderMatcher_PresentMatch:
		matches = present == specifier.PresentMatch
	case *route.HeaderMatcher_StringMatch:
		if !present {
			// Missing never matches, not even inverted: so Cilium writes the matcher of a secret that is not there.
			return false
		}
		matches = stringMatches(specifier.StringMatch, value)
	}
	return matches != header.InvertMatch
}

func stringMatches(pattern *matcher.StringMatcher, value string) bool {
	switch match := pattern.MatchPattern.(type) {
	case *matcher.StringMatcher_Exact:
		return match.Exact == "" || value == match.Exact
	case *matcher.StringMatcher_SafeRegex:
		return wholeMatch(match.SafeRegex.Regex, value)
	}
	return false
}

// wholeMatch matches as RE2's FullMatch. A pattern that does not compile matches nothing.
func wholeMatch(pattern, value string) bool {
	compiled, err := regexp.Compile("^(?:" + pattern + ")$")
	return err == nil && compiled.MatchString(value)
}
