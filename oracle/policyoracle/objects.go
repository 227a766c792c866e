package policyoracle

import (
	"encoding/json"
	"strings"
)

// objectHead is what every Kubernetes object has.
type objectHead struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Name      string            `json:"name"`
		Namespace string            `json:"namespace"`
		Labels    map[string]string `json:"labels"`
	} `json:"metadata"`
	Items []json.RawMessage `json:"items"`
}

// namespaceOf is the namespace of a namespaced object.
func (h *objectHead) namespaceOf() string { return orDefault(h.Metadata.Namespace) }

func orDefault(namespace string) string {
	if namespace == "" {
		return "default"
	}
	return namespace
}

// flatObjects are the objects as the API server stores them: Lists taken apart, nulls pruned.
func flatObjects(objects []json.RawMessage) ([]json.RawMessage, error) {
	var flat []json.RawMessage
	for _, raw := range objects {
		var value any
		if err := json.Unmarshal(raw, &value); err != nil {
			return nil, err
		}
		pruned, err := json.Marshal(pruneNulls(value))
		if err != nil {
			return nil, err
		}
		var head objectHead
		if err := json.Unmarshal(pruned, &head); err != nil {
			return nil, err
		}
		if !strings.HasSuffix(head.Kind, "List") || head.Items == nil {
			flat = append(flat, pruned)
			continue
		}
		items, err := flatObjects(head.Items)
		if err != nil {
			return nil, err
		}
		flat = append(flat, items...)
	}
	return flat, nil
}

// pruneNulls drops the null members of objects; nulls in lists stay. The API server does so for fields that are not
// nullable, and no policy field is.
func pruneNulls(value any) any {
	switch node := value.(type) {
	case map[string]any:
		for key, member := range node {
			if member == nil {
				delete(node, key)
			} else {
				node[key] = pruneNulls(member)
			}
		}
	case []any:
		for i := range node {
			node[i] = pruneNulls(node[i])
		}
	}
	return value
}
