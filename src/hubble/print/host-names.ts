import { joinHostPort, joinPath } from "../go-text.ts";
import { type Message, numberOf, partOf, textOf, textsOf } from "../message.ts";
import type { Colors } from "./color.ts";

/** The two ends of a flow as text. */
export type HostNames = readonly [source: string, destination: string];

const NO_HOSTS: HostNames = ["", ""];

/**
 * Pod over service over names over address, with the port; Ethernet addresses without IP. The namespace of a service wins
 * over that of the pod, even beside the pod's name. Upstream: Printer.GetHostNames, Hostname.
 */
export function hostNames(flow: Message | undefined, isTranslated: boolean, colors: Colors): HostNames {
  const ip = partOf(flow, "IP");
  if (ip === undefined) {
    const ethernet = partOf(flow, "ethernet");
    if (ethernet === undefined) return NO_HOSTS;
    return [colors.host(textOf(ethernet, "source")), colors.host(textOf(ethernet, "destination"))];
  }
  const l4 = partOf(flow, "l4");
  const ports = partOf(l4, "TCP") ?? partOf(l4, "UDP") ?? partOf(l4, "SCTP");
  const endText = (end: "source" | "destination") => {
    const address = textOf(ip, end);
    const name = isTranslated ? (nameOf(flow, end) ?? address) : address;
    const port = numberOf(ports, `${end}_port`);
    return colors.host(port === 0 ? name : joinHostPort(name, colors.port(String(port))));
  };
  return [endText("source"), endText("destination")];
}

/** The name of an end: its pod, service or names; undefined for none. */
export function nameOf(flow: Message | undefined, end: "source" | "destination"): string | undefined {
  const endpoint = partOf(flow, end);
  const service = partOf(flow, `${end}_service`);
  const namespace = textOf(service ?? endpoint, "namespace");
  const pod = textOf(endpoint, "pod_name");
  if (pod !== "") return joinPath(namespace, pod);
  const serviceName = textOf(service, "name");
  if (serviceName !== "") return joinPath(namespace, serviceName);
  const names = textsOf(flow, `${end}_names`);
  return names.length === 0 ? undefined : names.join(",");
}
