import type { Flow } from "#model/flow.ts";

const MAX_PENDING = 10_000;

/**
 * Which Service a connection asked for, from events before translation: the socket's (by its cookie) and `from-endpoint`
 * traces (by the source's address and port). They name a Service and decide nothing (traps 10, 27). Forgets the oldest.
 */
export class ServiceNames {
  private readonly byCookie = new Map<string, string>();
  private readonly bySource = new Map<string, string>();

  get isEmpty(): boolean {
    return this.bySource.size === 0;
  }

  /**
   * A socket event. Before translation it names the Service; after it, the backend: returns the Service that was asked
   * for, "" when not known.
   */
  noteSocket(flow: Flow): string {
    const isAfter = flow.verdict === "TRANSLATED";
    const key = `${flow.node} ${flow.socketCookie}`;
    if (!isAfter) {
      if (flow.destinationService !== "" && flow.socketCookie !== "")
        remember(this.byCookie, key, flow.destinationService);
      return "";
    }
    return flow.destinationService || (this.byCookie.get(key) ?? "");
  }

  /** A trace before translation, or a reply that a Service's own address sent: whose connection it is. */
  noteSource(address: string, port: number, service: string): void {
    if (service !== "" && port !== 0) remember(this.bySource, `${address} ${port}`, service);
  }

  /** The Service that the connection from this address and port asked for, "" when not known. */
  ofSource(address: string, port: number): string {
    return this.bySource.get(`${address} ${port}`) ?? "";
  }
}

function remember(map: Map<string, string>, key: string, value: string): void {
  if (map.size >= MAX_PENDING) {
    const oldest = map.keys().next().value;
    if (oldest !== undefined) map.delete(oldest);
  }
  map.set(key, value);
}
