package minor

import (
	"log/slog"

	"github.com/cilium/cilium/pkg/k8s"
	slim_corev1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/core/v1"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/types"
)

// CIDRGroupLabels are the labels that the prefixes of a CIDR group carry for the group's own labels: each as it is, and
// once more with its value in the key.
// Follows pkg/policy/k8s cidrsAndLabelsForCIDRGroup.
func CIDRGroupLabels(group map[string]string) labels.Labels {
	result := labels.Labels{}
	for key, value := range group {
		label := labels.NewLabel(key, value, labels.LabelSourceCIDRGroup)
		result[label.Key] = label
		encoded := labels.EncodedCIDRGroupLabel(label.Key, label.Value, label.Source)
		result[encoded.Key] = encoded
	}
	return result
}

// PodMetadata are the named ports and the labels of a pod, before the label filter.
func PodMetadata(logger *slog.Logger, namespace *slim_corev1.Namespace, pod *slim_corev1.Pod) (types.NamedPortMap, map[string]string) {
	return k8s.GetPodMetadata(logger, namespace, pod)
}

// NamedPortLabels are the labels that named ports add to a pod's identity.
func NamedPortLabels(ports types.NamedPortMap) labels.LabelArray {
	return k8s.NamedPortsIdentityLabels(ports)
}
