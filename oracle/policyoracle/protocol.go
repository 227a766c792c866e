package policyoracle

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/cilium/cilium/pkg/u8proto"
)

// protocols are the names that tests use, by IANA's numbers.
var protocols = map[string]u8proto.U8proto{
	"TCP": 6, "UDP": 17, "SCTP": 132, "ICMP": 1, "ICMPV4": 1, "ICMPV6": 58,
	"VRRP": 112, "IGMP": 2, "GRE": 47, "ESP": 50, "AH": 51, "IPIP": 4, "IPV6": 41, "OSPF": 89,
}

// transport is what the policy map is asked with. The port of ICMP is its type.
type transport struct {
	protocol u8proto.U8proto
	port     uint16
}

func transportOf(c *Connection) (transport, error) {
	protocol, err := protocolOf(c)
	if err != nil {
		return transport{}, err
	}
	port := given(c.Port, 0)
	if c.ICMPType != nil {
		port = *c.ICMPType
	}
	if port < 0 || port > 65535 {
		return transport{}, fmt.Errorf("bad port %d", port)
	}
	return transport{protocol, uint16(port)}, nil
}

func protocolOf(c *Connection) (u8proto.U8proto, error) {
	name := strings.ToUpper(c.Protocol)
	switch {
	case name == "" && c.ICMPType != nil:
		name = "ICMP"
	case name == "":
		name = "TCP"
	}
	if number, err := strconv.Atoi(name); err == nil && number > 0 && number < 256 {
		return u8proto.U8proto(number), nil
	}
	if protocol, known := protocols[name]; known {
		return protocol, nil
	}
	return 0, fmt.Errorf("unknown protocol %q", c.Protocol)
}
