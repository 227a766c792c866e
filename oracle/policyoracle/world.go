package policyoracle

import (
	"encoding/json"
	"net/netip"

	cilium_v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	slim_corev1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/core/v1"
)

// world is the cluster of one test, not yet seen from any node.
type world struct {
	settings   *settings
	namespaces map[string]*slim_corev1.Namespace
	pods       map[string]*pod // by namespace/name
	podOrder   []string
	podByIP    map[netip.Addr]*pod
	nodes      map[string]*node
	nodeOrder  []string
	nodeByIP   map[netip.Addr]string
	services   []*service
	slices     []*endpointSlice
	apiServers []netip.Addr // the addresses of the API server's own Service
	cidrGroups []*cilium_v2.CiliumCIDRGroup
	policies   []*policyObject
	learned    []LearnedName
}

// newWorld reads the objects. Pods come after all others, since their labels need their namespaces, and policies last,
// since toServices needs the services.
func newWorld(test *Test, settings *settings) (*world, error) {
	w := &world{
		settings:   settings,
		namespaces: map[string]*slim_corev1.Namespace{},
		pods:       map[string]*pod{},
		podByIP:    map[netip.Addr]*pod{},
		nodes:      map[string]*node{},
		nodeByIP:   map[netip.Addr]string{},
		learned:    test.DNS,
	}
	objects, err := flatObjects(test.Objects)
	if err != nil {
		return nil, err
	}
	var pods []*slim_corev1.Pod
	for _, raw := range objects {
		pod, err := w.read(raw)
		if err != nil {
			return nil, err
		}
		if pod != nil {
			pods = append(pods, pod)
		}
	}
	w.sortServices()
	for _, pod := range pods {
		w.addPod(pod)
	}
	for _, policy := range w.policies {
		w.parsePolicy(policy)
	}
	return w, nil
}

// read takes in one object. A pod, or the pod that a workload stands for, is handed back. Other kinds say nothing.
func (w *world) read(raw json.RawMessage) (*slim_corev1.Pod, error) {
	var head objectHead
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, err
	}
	switch head.Kind {
	case "Pod":
		pod := &slim_corev1.Pod{}
		return pod, json.Unmarshal(raw, pod)
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "ReplicationController", "CronJob":
		return podOfWorkload(raw, &head)
	case "Namespace":
		namespace := &slim_corev1.Namespace{}
		if err := json.Unmarshal(raw, namespace); err != nil {
			return nil, err
		}
		w.namespaces[namespace.Name] = namespace
	case "Node":
		return nil, w.addNode(raw, &head)
	case "Service":
		return nil, w.addService(raw, &head)
	case "EndpointSlice":
		return nil, w.addEndpointSlice(raw, &head)
	case "CiliumCIDRGroup":
		group := &cilium_v2.CiliumCIDRGroup{}
		if err := json.Unmarshal(raw, group); err != nil {
			return nil, err
		}
		w.cidrGroups = append(w.cidrGroups, group)
	default:
		w.addPolicy(raw, &head)
	}
	return nil, nil
}
