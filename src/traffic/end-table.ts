import type { FlowEndpoint } from "#model/flow.ts";
import type { WorkloadRef } from "#model/objects.ts";
import { isInPrefix, widePrefix } from "./address.ts";
import { addressOnlyEnd, mergeSightings, type RawEnd, rawEnd, rawEndKey } from "./raw-end.ts";

/** What an end table may hold; beyond it ends are kept coarser, and the bound is said. */
export type EndBounds = {
  /** Outside addresses kept one by one; beyond, by prefix. */
  readonly outsideAddresses: number;
  /** Ends in all. */
  readonly ends: number;
  /** Prefixes whose addresses are always kept one by one: those that policies name. */
  readonly exactPrefixes: readonly string[];
};

const MAX_ENDPOINTS = 1 << 16;
const MAX_WORKLOADS = 200_000;
/** Marks in `byEndpoint` for ends that their address tells apart. */
const OUTSIDE = -1;
const UNKNOWN = -2;
/** An end that no bound left room for. */
export const NO_END = -1;

/** The ends of a recording, each with its number. */
export class EndTable {
  readonly list: RawEnd[] = [];
  /** Which bounds were hit. */
  readonly hit = new Set<"outside-addresses" | "ends">();
  private readonly byKey = new Map<string, number>();
  private readonly byEndpoint = new Map<FlowEndpoint, number>();
  private readonly outside = new Map<string, number>();
  private readonly workloads = new Map<string, WorkloadRef>();
  private readonly bounds: EndBounds;

  constructor(bounds: EndBounds) {
    this.bounds = bounds;
  }

  /** The number of an end; NO_END when there is no room for another. */
  indexOf(endpoint: FlowEndpoint | null, address: string): number {
    const known = endpoint === null ? UNKNOWN : this.byEndpoint.get(endpoint);
    if (known === undefined) return this.meet(endpoint, address);
    if (known >= 0) return known;
    if (known === OUTSIDE) return this.outside.get(address) ?? this.addOutside(endpoint, address);
    return this.add(rawEnd(endpoint, address, null));
  }

  /** An end of which only the address is known. */
  ofAddress(address: string): number {
    return this.add(addressOnlyEnd(address));
  }

  /** Workload of a pod, once some node that ran it has told: only that node does. */
  workloadOf(namespace: string, pod: string): WorkloadRef | null {
    return this.workloads.get(`${namespace}/${pod}`) ?? null;
  }

  private meet(endpoint: FlowEndpoint | null, address: string): number {
    if (endpoint === null) return NO_END;
    if (this.byEndpoint.size >= MAX_ENDPOINTS) this.byEndpoint.clear();
    this.learnWorkload(endpoint);
    const end = rawEnd(endpoint, address, endpoint.workload ?? this.workloadOf(endpoint.namespace, endpoint.podName));
    if (end.sort === "outside") {
      this.byEndpoint.set(endpoint, OUTSIDE);
      return this.outside.get(address) ?? this.addOutside(endpoint, address);
    }
    const index = this.add(end);
    if (index !== NO_END) this.byEndpoint.set(endpoint, end.sort === "unknown" ? UNKNOWN : index);
    return index;
  }

  private learnWorkload(endpoint: FlowEndpoint): void {
    if (endpoint.workload === null || endpoint.podName === "" || this.workloads.size >= MAX_WORKLOADS) return;
    this.workloads.set(`${endpoint.namespace}/${endpoint.podName}`, endpoint.workload);
  }

  private addOutside(endpoint: FlowEndpoint | null, address: string): number {
    if (this.outside.size < this.bounds.outsideAddresses || this.isExact(endpoint, address)) {
      const index = this.add(rawEnd(endpoint, address, null));
      if (index !== NO_END) this.outside.set(address, index);
      return index;
    }
    this.hit.add("outside-addresses");
    const prefix = widePrefix(address);
    const known = this.outside.get(prefix);
    if (known !== undefined) return known;
    const index = this.add(rawEnd(endpoint, prefix, null));
    if (index !== NO_END) this.outside.set(prefix, index);
    return index;
  }

  private isExact(endpoint: FlowEndpoint | null, address: string): boolean {
    if (endpoint?.labels.some((label) => label.startsWith("fqdn:"))) return true;
    return this.bounds.exactPrefixes.some((prefix) => isInPrefix(address, prefix));
  }

  /** The number of an end of these looks, new or known. */
  add(end: RawEnd): number {
    const isCrowded = this.list.length >= this.bounds.ends / 2 && end.sort === "pod" && end.pod !== "";
    // Labels decide; which of its pods it was is for people, and the first thing to be given up.
    const kept = isCrowded ? { ...end, pod: "" } : end;
    if (isCrowded) this.hit.add("ends");
    const key = rawEndKey(kept);
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    if (this.list.length >= this.bounds.ends) {
      this.hit.add("ends");
      return NO_END;
    }
    const index = this.list.length;
    this.list.push(kept);
    this.byKey.set(key, index);
    return index;
  }

  /** Takes over another table; returns the number that each of its ends has here. */
  merge(ends: readonly RawEnd[], workloads: ReadonlyMap<string, WorkloadRef>): readonly number[] {
    for (const [pod, workload] of workloads) this.workloads.set(pod, workload);
    return ends.map((end) => {
      const index = this.add(end);
      const own = this.list[index];
      if (own !== undefined && own !== end) mergeSightings(own, end);
      if (end.sort === "outside" && index !== NO_END) this.outside.set(end.address, index);
      return index;
    });
  }

  /** Every pod's workload that the recording told, by `namespace/pod`. */
  learnedWorkloads(): ReadonlyMap<string, WorkloadRef> {
    return this.workloads;
  }
}
