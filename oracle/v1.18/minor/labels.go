package minor

import (
	"log/slog"

	"github.com/cilium/cilium/pkg/k8s"
	slim_corev1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/core/v1"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/types"
)

// CIDRGroupLabels are the labels that the prefixes of a CIDR group carry for the group's own labels.
// Follows pkg/policy/k8s applyCIDRGroup.
func CIDRGroupLabels(group map[string]string) labels.Labels {
	return labels.Map2Labels(group, labels.LabelSourceCIDRGroup)
}

// PodMetadata are the named ports and the labels of a pod, before the label filter.
// The ports follow pkg/endpoint SetK8sMetadata: those without a name or with a bad one are left out.
func PodMetadata(logger *slog.Logger, namespace *slim_corev1.Namespace, pod *slim_corev1.Pod) (types.NamedPortMap, map[string]string) {
	containerPorts, podLabels := k8s.GetPodMetadata(logger, namespace, pod)
	ports := types.NamedPortMap{}
	for _, port := range containerPorts {
		if port.Name != "" {
			_ = ports.AddPort(port.Name, int(port.ContainerPort), string(port.Protocol))
		}
	}
	return ports, podLabels
}

// NamedPortLabels are none: named ports are no part of an identity before 1.20.
func NamedPortLabels(types.NamedPortMap) labels.LabelArray { return nil }
