import type { ClusterChoice } from "#sources/kubernetes-connection.ts";
import { type Flag, type Invocation, isOn, valueOf, valuesOf } from "./args.ts";
import {
  CAPTURE,
  CILIUM,
  CILIUM_CONFIG,
  CONTEXT,
  FLOWS,
  KUBECONFIG,
  LIVE,
  METRICS,
  NAMES,
  OBJECTS,
  POLICIES,
  PROCESSES,
} from "./flags.ts";
import type { GatherRequest } from "./gather.ts";
import { shownPath } from "./input-path.ts";

/** The inputs that a command line names. */
export function gatherRequest(invocation: Invocation): GatherRequest {
  return {
    flows: pathsOf(invocation, FLOWS),
    objects: pathsOf(invocation, OBJECTS),
    captures: pathsOf(invocation, CAPTURE),
    cluster: clusterChoice(invocation),
    policies: pathsOf(invocation, POLICIES),
    names: pathsOf(invocation, NAMES),
    processes: pathsOf(invocation, PROCESSES),
    metrics: valuesOf(invocation, METRICS),
    cilium: valueOf(invocation, CILIUM),
    ciliumConfig: valueOf(invocation, CILIUM_CONFIG),
  };
}

/** The paths given to a flag, as the report shows them. */
export function pathsOf(invocation: Invocation, flag: Flag): readonly string[] {
  return valuesOf(invocation, flag).map((path) => shownPath(path, process.cwd()));
}

/** The live cluster that the flags name; null when none of them is given: nothing is asked of the network unbidden. */
export function clusterChoice(invocation: Invocation): ClusterChoice | null {
  const kubeconfig = valueOf(invocation, KUBECONFIG);
  const context = valueOf(invocation, CONTEXT);
  if (kubeconfig === null && context === null && !isOn(invocation, LIVE)) return null;
  return { kubeconfig, context };
}
