// Upstream: pkg/policy/portrange.go PortRangeToMaskedPorts. Differs: asks for the one masked port that holds a port.

/** Bits of a port in a policy map key; 0 is every port. */
export const PORT_BITS = 16;

/** The port bits under which a range holds `port`: 16 for a single port, fewer inside a range; null when it does not. */
export function rangePrefix(start: number, end: number, port: number): number | null {
  if (start === 0 && (end === 0 || end === 0xffff)) return 0;
  if (end <= start) return port === start ? PORT_BITS : null;
  if (port < start || port > end) return null;
  for (let wildcard = PORT_BITS; wildcard > 0; wildcard--) {
    const size = 2 ** wildcard;
    const first = Math.floor(port / size) * size;
    if (first >= start && first + size - 1 <= end) return PORT_BITS - wildcard;
  }
  return PORT_BITS;
}
