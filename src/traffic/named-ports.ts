import { NAMED_PORTS_LABEL } from "#model/labels.ts";
import type { ContainerPort } from "#model/objects.ts";

const PREFIX = `gen:${NAMED_PORTS_LABEL}`;

/**
 * The named ports that an identity's own labels tell (from 1.20): `gen:io.cilium.k8s.named-ports=http.TCP.80_m.TCP.9` and
 * its numbered continuations. null when there is no such label. Upstream: pkg/k8s/labels.go NamedPortsIdentityLabels.
 */
export function labelledPorts(labels: readonly string[]): readonly ContainerPort[] | null {
  const values = labels.flatMap((label) => {
    const [name = "", value] = label.split("=");
    return value !== undefined &&
      (name === PREFIX || /^-\d+$/.test(name.slice(PREFIX.length))) &&
      name.startsWith(PREFIX)
      ? [value]
      : [];
  });
  if (values.length === 0) return null;
  const ports = values.flatMap((value) => value.split("_")).flatMap(readPort);
  return ports.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.port - b.port));
}

function readPort(text: string): readonly ContainerPort[] {
  const [name = "", protocol = "", port = ""] = text.split(".");
  const number = Number(port);
  return name === "" || !Number.isInteger(number) || number <= 0 ? [] : [{ name, port: number, protocol }];
}
