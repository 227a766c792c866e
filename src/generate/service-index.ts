import { kubernetesLabels, podsOf, targetPort } from "#analysis/pod-facts.ts";
import type { End, PodEnd } from "#model/conversation.ts";
import type { Pod, Service } from "#model/objects.ts";
import type { Snapshot } from "#model/snapshot.ts";

/** One port of a Service and the container port that it leads to. */
export type Way = { readonly service: Service; readonly port: number; readonly target: number | null };

/** What the objects say of a pod's ports: Services that lead to it, ports that it declares. Asked once an end. */
export class ServiceIndex {
  readonly #snapshot: Snapshot;
  readonly #byNamespace = new Map<string, Service[]>();
  readonly #pods = new Map<string, Pod>();
  readonly #services = new WeakMap<End, readonly Service[]>();
  readonly #known = new WeakMap<End, readonly Way[]>();
  readonly #declared = new WeakMap<End, ReadonlySet<number>>();

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
    for (const service of snapshot.inventory.services) {
      const list = this.#byNamespace.get(service.namespace) ?? [];
      list.push(service);
      this.#byNamespace.set(service.namespace, list);
    }
    for (const pod of snapshot.inventory.pods) this.#pods.set(`${pod.namespace}/${pod.name}`, pod);
  }

  /** The inventory's pods that the end lists. */
  pods(end: PodEnd): readonly Pod[] {
    return end.pods.flatMap((name) => this.#pods.get(`${end.namespace}/${name}`) ?? []);
  }

  /** Services whose selector takes this end. */
  of(end: PodEnd): readonly Service[] {
    const known = this.#services.get(end);
    if (known !== undefined) return known;
    const labels = this.pods(end)[0]?.labels ?? kubernetesLabels({ ...end, pods: [] }, this.#snapshot);
    const found = (this.#byNamespace.get(end.namespace) ?? []).filter(({ selector }) => {
      if (selector === null || Object.keys(selector).length === 0) return false;
      return Object.entries(selector).every(([key, value]) => labels[key] === value);
    });
    this.#services.set(end, found);
    return found;
  }

  /** The Services that lead to this container port of the end. */
  leadingTo(end: PodEnd, port: number): readonly Service[] {
    return this.waysTo(end)
      .filter((way) => way.target === port)
      .map((way) => way.service);
  }

  /** Every Service port that leads to the end, with the container port that it leads to. */
  waysTo(end: PodEnd): readonly Way[] {
    const known = this.#known.get(end);
    if (known !== undefined) return known;
    const ways = this.of(end).flatMap((service) =>
      service.ports.map(({ port }) => ({ service, port, target: targetPort(service, port, end, this.#snapshot) })),
    );
    this.#known.set(end, ways);
    return ways;
  }

  /** Container ports that its pods declare. */
  declared(end: PodEnd): ReadonlySet<number> {
    const known = this.#declared.get(end);
    if (known !== undefined) return known;
    const named = end.namedPorts.map((one) => one.port);
    const found = new Set([
      ...named,
      ...podsOf(end, this.#snapshot).flatMap((pod) => pod.ports.map((one) => one.port)),
    ]);
    this.#declared.set(end, found);
    return found;
  }
}
