package policyoracle

import "encoding/json"

// Test is one policy test.
type Test struct {
	Name           string            `json:"name"`
	Config         *Config           `json:"config"`
	Objects        []json.RawMessage `json:"objects"`
	DNS            []LearnedName     `json:"dns"`
	Connections    []Connection      `json:"connections"`
	ExpectPolicies []ExpectPolicy    `json:"expectPolicies"`
}

// Config is the agent's configuration as far as the test gives it; settings.go holds the defaults.
type Config struct {
	PolicyEnforcementMode        *string   `json:"policyEnforcementMode"`
	AllowLocalhost               *string   `json:"allowLocalhost"`
	PolicyCIDRMatchMode          *[]string `json:"policyCIDRMatchMode"`
	IPv4                         *bool     `json:"ipv4"`
	IPv6                         *bool     `json:"ipv6"`
	ClusterName                  *string   `json:"clusterName"`
	PolicyDefaultLocalCluster    *bool     `json:"policyDefaultLocalCluster"`
	EnableL7Proxy                *bool     `json:"enableL7Proxy"`
	EnableSCTP                   *bool     `json:"enableSCTP"`
	EnableICMPRules              *bool     `json:"enableICMPRules"`
	EnableNodeSelectorLabels     *bool     `json:"enableNodeSelectorLabels"`
	EnableNonDefaultDenyPolicies *bool     `json:"enableNonDefaultDenyPolicies"`
	// Labels and NodeLabels are the prefixes of the agent's `labels` and `node-labels`.
	Labels                    []string `json:"labels"`
	NodeLabels                []string `json:"nodeLabels"`
	EnableExtendedIPProtocols *bool    `json:"enableExtendedIPProtocols"`
}

// LearnedName is a name that the DNS proxy has learned, on every node or on that of one pod.
type LearnedName struct {
	Name   string   `json:"name"`
	IPs    []string `json:"ips"`
	SeenBy string   `json:"seenBy"`
}

// Connection is a connection with what its proxies would see.
type Connection struct {
	Name       string       `json:"name"`
	From       string       `json:"from"`
	To         string       `json:"to"`
	Port       *int         `json:"port"`
	Protocol   string       `json:"protocol"`
	ICMPType   *int         `json:"icmpType"`
	HTTP       *HTTPRequest `json:"http"`
	DNSQuery   *DNSQuery    `json:"dnsQuery"`
	ServerName string       `json:"serverName"`
	Expect     *Expect      `json:"expect"`
}

// HTTPRequest is the request that an HTTP proxy would see.
type HTTPRequest struct {
	Method  string              `json:"method"`
	Path    string              `json:"path"`
	Host    string              `json:"host"`
	Headers map[string][]string `json:"headers"`
}

// DNSQuery is the question that the DNS proxy would see.
type DNSQuery struct {
	Name string `json:"name"`
}

// Expect is the answer for a connection. Egress and Ingress are null where no policy is enforced; other keys are absent
// when there is nothing to say, or when evaluations differ about them. Error, which the format does not know, says why
// there is no answer.
type Expect struct {
	Verdict         string    `json:"verdict"`
	Egress          *string   `json:"egress"`
	Ingress         *string   `json:"ingress"`
	EgressL7        string    `json:"egressL7,omitempty"`
	IngressL7       string    `json:"ingressL7,omitempty"`
	EgressRedirect  string    `json:"egressRedirect,omitempty"`
	IngressRedirect string    `json:"ingressRedirect,omitempty"`
	EgressAuth      string    `json:"egressAuth,omitempty"`
	IngressAuth     string    `json:"ingressAuth,omitempty"`
	EgressPolicies  *[]string `json:"egressPolicies,omitempty"`
	IngressPolicies *[]string `json:"ingressPolicies,omitempty"`
	Error           string    `json:"error,omitempty"`
}

// ExpectPolicy is what the agent says of a policy object.
type ExpectPolicy struct {
	Policy string `json:"policy"`
	Valid  bool   `json:"valid"`
	Error  string `json:"error,omitempty"`
}
