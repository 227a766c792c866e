package policyoracle

import (
	"net/netip"
	"testing"

	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/option"
)

func labelsOf(texts ...string) labels.Labels { return labels.NewLabelsFromModel(texts) }

func prefix(text string) netip.Prefix { return netip.MustParsePrefix(text) }

func TestMergedLabelsAreThoseOfThePrefixesAround(t *testing.T) {
	c := newIPCache()
	c.upsert(prefix("9.0.0.0/8"), labels.GetCIDRLabels(prefix("9.0.0.0/8")))
	c.upsert(prefix("9.9.0.0/16"), labels.GetCIDRLabels(prefix("9.9.0.0/16")))
	c.upsert(prefix("9.9.0.0/16"), labelsOf("cidrgroup:zone=inner"))
	c.upsert(prefix("9.0.0.0/8"), labelsOf("cidrgroup:zone=outer", "cidrgroup:ring=outer"))
	c.upsert(prefix("8.0.0.0/8"), labelsOf("cidrgroup:other=x"))

	merged := c.mergeLabels(prefix("9.9.9.9/32"))
	for _, each := range []struct{ label, why string }{
		{"cidrgroup:zone=inner", "the closest of one key stays"},
		{"cidrgroup:ring=outer", "other keys of the prefixes around are added"},
		{"cidr:9.9.0.0/16", "the closest CIDR"},
	} {
		label := labels.ParseLabel(each.label)
		if got, ok := merged[label.Key]; !ok || got.Value != label.Value {
			t.Errorf("%s: %v is not in %v", each.why, each.label, merged)
		}
	}
	if got := merged[labels.ParseLabel("cidr:9.0.0.0/8").Key]; got.Source != "" {
		t.Errorf("the CIDR around the closest is there: %v", merged)
	}
	if len(merged) != 4 { // these and reserved:world, which comes with a CIDR
		t.Errorf("%v", merged)
	}
}

func TestUpsertKnowsIPv4InIPv6(t *testing.T) {
	c := newIPCache()
	c.upsert(netip.PrefixFrom(netip.MustParseAddr("::ffff:9.9.9.9"), 32), labelsOf("cidrgroup:a=b"))
	if len(c.mergeLabels(prefix("9.9.9.9/32"))) != 1 {
		t.Error(c.metadata)
	}
}

func TestResolvedLabels(t *testing.T) {
	const cidr = "cidr:10.10.0.1/32"
	cases := []struct {
		name       string
		given      []string
		cidrNodes  bool
		nodeLabels bool
		want       []string
	}{
		{"the world carries its CIDR", []string{cidr}, false, false, []string{cidr, "reserved:world"}},
		{"what has nothing gets its CIDR", nil, false, false, []string{cidr, "reserved:world"}},
		{"a node loses CIDR, names and groups", []string{"reserved:remote-node", cidr, "fqdn:a.b", "cidrgroup:g=1"}, false, false, []string{"reserved:remote-node"}},
		{"unless CIDRs match nodes", []string{"reserved:remote-node", cidr, "cidrgroup:g=1"}, true, false, []string{"reserved:remote-node", cidr, "cidrgroup:g=1"}},
		{"a node in the world is in the cluster", []string{"reserved:host", "reserved:world"}, false, false, []string{"reserved:host"}},
		{"node labels go", []string{"reserved:remote-node", "node:zone=z1"}, false, false, []string{"reserved:remote-node"}},
		{"unless they are on", []string{"reserved:remote-node", "node:zone=z1"}, false, true, []string{"reserved:remote-node", "node:zone=z1"}},
		{"and only nodes have them", []string{cidr, "node:zone=z1"}, false, true, []string{cidr, "reserved:world"}},
		{"the API server outside is in the world", []string{"reserved:kube-apiserver"}, false, false, []string{"reserved:kube-apiserver", "reserved:world"}},
	}
	for _, each := range cases {
		config := &Config{EnableNodeSelectorLabels: &each.nodeLabels}
		if each.cidrNodes {
			config.PolicyCIDRMatchMode = &[]string{"nodes"}
		}
		settings, err := settingsOf(config)
		if err != nil {
			t.Fatal(err)
		}
		applied(t, settings)
		got := withCIDR(each.given)
		resolveLabels(got, prefix("10.10.0.1/32"))
		if want := withCIDR(each.want); !got.Equals(want) {
			t.Errorf("%s: %v, not %v", each.name, got, want)
		}
	}
}

// withCIDR reads labels; that of a CIDR as Cilium makes it.
func withCIDR(texts []string) labels.Labels {
	all := labels.Labels{}
	for _, text := range texts {
		if label := labels.ParseLabel(text); label.Source == labels.LabelSourceCIDR {
			all.MergeLabels(labels.GetCIDRLabels(netip.MustParsePrefix(text[len("cidr:"):])))
			all.Remove(labels.LabelWorld)
		} else {
			all.MergeLabels(labels.Labels{label.Key: label})
		}
	}
	return all
}

func TestTheLongestPrefixIsAnAddresssIdentity(t *testing.T) {
	settings, _ := settingsOf(nil)
	applied(t, settings)
	c, ids := newIPCache(), newIdentities()
	c.identities[prefix("9.0.0.0/8")] = ids.allocate(labels.GetCIDRLabels(prefix("9.0.0.0/8")))
	c.identities[prefix("9.9.0.0/16")] = ids.allocate(labels.GetCIDRLabels(prefix("9.9.0.0/16")))
	if c.identityOf(netip.MustParseAddr("9.9.1.1")) != c.identities[prefix("9.9.0.0/16")] {
		t.Error("9.9.1.1")
	}
	if c.identityOf(netip.MustParseAddr("9.1.1.1")) != c.identities[prefix("9.0.0.0/8")] {
		t.Error("9.1.1.1")
	}
	if c.identityOf(netip.MustParseAddr("8.8.8.8")) != nil {
		t.Error("8.8.8.8")
	}
}

func TestOneIdentityForOneSetOfLabels(t *testing.T) {
	settings, _ := settingsOf(nil)
	applied(t, settings)
	ids := newIdentities()
	a, b := ids.allocate(labelsOf("k8s:app=a")), ids.allocate(labelsOf("k8s:app=b"))
	if a.ID == b.ID || ids.allocate(labelsOf("k8s:app=a")) != a {
		t.Errorf("%v %v", a, b)
	}
	if !ids.world(true).IsReserved() || option.Config.EnableIPv6 {
		t.Error("the world is reserved")
	}
}

// applied puts the settings in force.
func applied(t *testing.T, settings *settings) {
	t.Helper()
	if err := settings.apply(); err != nil {
		t.Fatal(err)
	}
}
