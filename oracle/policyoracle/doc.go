// Package policyoracle answers policy tests with Cilium's own policy engine.
//
// A test is a small cluster in Kubernetes objects and connections in it. For each node from which a connection is seen the
// oracle makes what that node's agent would know (agent.go), fills Cilium's policy repository, works out the policies of
// the endpoints and looks the connections up.
//
// Cilium's own code: parsing and validation of policies, labels and the label filter, selectors, rule merging, the policy
// map and its lookup, named ports, authentication, rule origins, patterns of names, the translation of HTTP rules to
// Envoy's matchers.
//
// Reconstructed, because upstream's lives in controllers or in C++: what the ipcache knows of an address (ipcache.go,
// addresses.go, nodes.go), the CIDR labels of pods (pod_cidr.go), the translation of toServices (to_services.go), the DNS
// proxy's choice of rules (dns_proxy.go), and Envoy's matching of HTTP requests and TLS server names (envoy.go, http.go,
// server_name.go). Each says what it follows.
//
// What differs between Cilium's minors is in the package minor of each module.
package policyoracle
