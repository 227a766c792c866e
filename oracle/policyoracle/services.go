package policyoracle

import (
	"cmp"
	"encoding/json"
	"net/netip"
	"slices"
)

type service struct {
	namespace, name string
	labels          map[string]string
	selector        map[string]string
}

type endpointSlice struct {
	namespace, service string
	addresses          []netip.Addr // those that get traffic
}

func (w *world) addService(raw json.RawMessage, head *objectHead) error {
	var object struct {
		Spec struct {
			Selector map[string]string `json:"selector"`
		} `json:"spec"`
	}
	if err := json.Unmarshal(raw, &object); err != nil {
		return err
	}
	w.services = append(w.services, &service{
		namespace: head.namespaceOf(),
		name:      head.Metadata.Name,
		labels:    head.Metadata.Labels,
		selector:  object.Spec.Selector,
	})
	return nil
}

// sortServices puts the services into the order of upstream's table, in which toServices are translated.
func (w *world) sortServices() {
	slices.SortStableFunc(w.services, func(a, b *service) int {
		return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name))
	})
}

// addEndpointSlice takes in the addresses of a service's backends: those that are ready, or serve while they go.
// Follows pkg/k8s ParseEndpointSliceV1. The default/kubernetes service is the API server's.
func (w *world) addEndpointSlice(raw json.RawMessage, head *objectHead) error {
	var object struct {
		Endpoints []struct {
			Addresses  []string `json:"addresses"`
			Conditions struct {
				Ready   *bool `json:"ready"`
				Serving *bool `json:"serving"`
			} `json:"conditions"`
		} `json:"endpoints"`
	}
	if err := json.Unmarshal(raw, &object); err != nil {
		return err
	}
	slice := &endpointSlice{namespace: head.namespaceOf(), service: head.Metadata.Labels["kubernetes.io/service-name"]}
	for _, endpoint := range object.Endpoints {
		conditions := endpoint.Conditions
		if !given(conditions.Ready, true) && !given(conditions.Serving, false) {
			continue
		}
		for _, text := range endpoint.Addresses {
			if address, err := netip.ParseAddr(text); err == nil {
				slice.addresses = append(slice.addresses, address)
			}
		}
	}
	if slice.namespace == "default" && slice.service == "kubernetes" {
		w.apiServers = append(w.apiServers, slice.addresses...)
	}
	w.slices = append(w.slices, slice)
	return nil
}

// backendsOf are the addresses of a service's backends, each once.
func (w *world) backendsOf(s *service) (backends []netip.Addr) {
	for _, slice := range w.slices {
		if slice.namespace != s.namespace || slice.service != s.name {
			continue
		}
		for _, address := range slice.addresses {
			if !slices.Contains(backends, address) {
				backends = append(backends, address)
			}
		}
	}
	return backends
}
