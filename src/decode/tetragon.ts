import { isObject, type Json } from "#model/json.ts";
import type { ProcessConnect } from "#model/process-connect.ts";
import { numberAt, objectsAt, textAt, valueAt } from "./field.ts";

/**
 * A connection opened by a pod's process, from one line of a Tetragon export; null for every other event. The probe on
 * `tcp_connect` (and other functions that take a socket) tells the socket's addresses.
 * Upstream: tetragon api/v1/tetragon ProcessKprobe, KprobeSock.
 */
export function readTetragonEvent(event: Json): ProcessConnect | null {
  const probe = valueAt(event, "process_kprobe") ?? valueAt(event, "process_tracepoint");
  const pod = valueAt(probe, "process", "pod");
  if (!isObject(probe) || !isObject(pod)) return null;
  const socket = objectsAt(probe, "args")
    .map((argument) => argument["sock_arg"])
    .find(isObject);
  const time = Date.parse(textAt(event, "time") ?? "");
  const address = textAt(socket, "daddr") ?? "";
  const port = numberAt(socket, "dport") ?? 0;
  const name = textAt(pod, "name") ?? "";
  const binary = textAt(probe, "process", "binary") ?? "";
  if (Number.isNaN(time) || address === "" || port === 0 || name === "" || binary === "") return null;
  return { time, binary, namespace: textAt(pod, "namespace") ?? "", pod: name, address, port };
}
