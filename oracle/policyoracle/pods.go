package policyoracle

import (
	"encoding/json"
	"net/netip"
	"slices"

	slim_corev1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/core/v1"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/labelsfilter"
	"github.com/cilium/cilium/pkg/types"

	"ringfence/oracle/minor"
)

// pod is a pod, or one of the agents' own endpoints, which are subjects too.
type pod struct {
	key        string // namespace/name
	node       string // "" is a node of its own: pods without nodeName share it
	hostNet    bool
	addresses  []netip.Addr
	labels     labels.Labels // of its identity, without those of CIDRs
	ports      types.NamedPortMap
	endpointID uint64
	reserved   string // health or ingress: the endpoint of that reserved identity; "" for pods
}

// podOfWorkload is the one pod that a workload stands for: its template, under the workload's name.
func podOfWorkload(raw json.RawMessage, head *objectHead) (*slim_corev1.Pod, error) {
	type templated struct {
		Template json.RawMessage `json:"template"`
	}
	var workload struct {
		Spec struct {
			templated
			JobTemplate struct {
				Spec templated `json:"spec"`
			} `json:"jobTemplate"`
		} `json:"spec"`
	}
	if err := json.Unmarshal(raw, &workload); err != nil {
		return nil, err
	}
	template := workload.Spec.Template
	if head.Kind == "CronJob" {
		template = workload.Spec.JobTemplate.Spec.Template
	}
	pod := &slim_corev1.Pod{}
	if len(template) > 0 {
		if err := json.Unmarshal(template, pod); err != nil {
			return nil, err
		}
	}
	pod.Name, pod.Namespace = head.Metadata.Name, head.Metadata.Namespace
	return pod, nil
}

// addPod takes in a pod with the API server's defaults.
func (w *world) addPod(object *slim_corev1.Pod) {
	object.Namespace = orDefault(object.Namespace)
	if object.Spec.ServiceAccountName == "" {
		object.Spec.ServiceAccountName = "default" // by the ServiceAccount admission
	}
	ports, podLabels := minor.PodMetadata(logger, w.namespaceOf(object.Namespace), object)
	identityLabels, _ := labelsfilter.Filter(labels.Map2Labels(podLabels, labels.LabelSourceK8s))
	for _, label := range minor.NamedPortLabels(ports) {
		identityLabels[label.Key] = label
	}
	p := &pod{
		key:     object.Namespace + "/" + object.Name,
		node:    object.Spec.NodeName,
		hostNet: object.Spec.HostNetwork,
		labels:  identityLabels,
		ports:   ports,
	}
	w.addPodAddresses(p, object)
	if _, known := w.pods[p.key]; !known {
		w.podOrder = append(w.podOrder, p.key)
	}
	w.pods[p.key] = p
	p.endpointID = uint64(len(w.podOrder))
}

func (w *world) addPodAddresses(p *pod, object *slim_corev1.Pod) {
	texts := []string{object.Status.PodIP}
	for _, ip := range object.Status.PodIPs {
		texts = append(texts, ip.IP)
	}
	for _, text := range texts {
		address, err := netip.ParseAddr(text)
		if err != nil || slices.Contains(p.addresses, address) {
			continue
		}
		p.addresses = append(p.addresses, address)
		if !p.hostNet {
			w.podByIP[address] = p
		}
	}
}

// namespaceOf is a namespace with the label that the API server gives to each. Pods make theirs.
func (w *world) namespaceOf(name string) *slim_corev1.Namespace {
	namespace := w.namespaces[name]
	if namespace == nil {
		namespace = &slim_corev1.Namespace{}
		namespace.Name = name
		w.namespaces[name] = namespace
	}
	if namespace.Labels == nil {
		namespace.Labels = map[string]string{}
	}
	namespace.Labels["kubernetes.io/metadata.name"] = name
	return namespace
}
