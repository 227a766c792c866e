import { FlowScanner } from "#decode/flow/flow-scanner.ts";
import type { Finding } from "#model/finding.ts";
import type { FlowEvent } from "#model/flow.ts";
import { Recorder } from "#store/recorder.ts";
import type { Store } from "#store/store.ts";

export const HOUR = 3_600_000;
export const START = Date.parse("2026-09-14T10:00:00Z");
const uuid = (number: number) => `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;

/** A dropped policy verdict at a node, `ms` after ten o'clock. */
export function line(ms: number, node = "node-1", number = ms): string {
  const time = new Date(START + ms).toISOString();
  const end = (name: string) =>
    `{"identity":1000,"namespace":"shop","labels":["k8s:app=${name}","k8s:io.kubernetes.pod.namespace=shop"],"pod_name":"${name}-1"}`;
  return `{"flow":{"time":"${time}","uuid":"${uuid(number)}","verdict":"DROPPED","IP":{"source":"10.0.0.1","destination":"10.0.0.2","ipVersion":"IPv4"},"l4":{"TCP":{"source_port":40000,"destination_port":80,"flags":{"SYN":true}}},"source":${end("web")},"destination":${end("db")},"Type":"L3_L4","node_name":"${node}","event_type":{"type":5},"traffic_direction":"EGRESS","drop_reason_desc":"POLICY_DENIED"},"node_name":"${node}","time":"${time}"}`;
}

const scanner = new FlowScanner();
const encoder = new TextEncoder();

/** Gives a recorder a line. */
export function take(recorder: Recorder, text: string): void {
  const bytes = encoder.encode(text);
  const event: FlowEvent | null = scanner.scan(bytes, 0, bytes.length);
  if (event === null) throw new Error("not an event");
  recorder.add(event, bytes, 0, bytes.length);
}

/** A kind of store, by how one is named, made and opened. */
export type StoreKind = {
  /** Where no store is yet. */
  readonly newPlace: () => string;
  readonly create: (place: string) => Promise<Store>;
  readonly open: (place: string) => Promise<Store>;
};

export type Opened = { readonly store: Store; readonly recorder: Recorder; readonly said: Finding[] };

/** What tests do with a store of a kind. */
export function recordingInto({ create, open: openToRead }: StoreKind) {
  async function open(place: string, now = () => START): Promise<Opened> {
    const said: Finding[] = [];
    const store = await create(place);
    const retention = { days: null, bytes: null };
    const say = (finding: Finding) => said.push(finding);
    return { store, recorder: await Recorder.open(store, { flushSeconds: 60, retention, now, say }), said };
  }

  /** Records lines; unless it stays open, another recorder may follow. */
  async function recorded(place: string, lines: readonly string[], isClosed = true): Promise<Opened> {
    const opened = await open(place);
    for (const one of lines) take(opened.recorder, one);
    await (isClosed ? opened.recorder.close() : opened.recorder.flush());
    if (isClosed) await opened.store.close();
    return opened;
  }

  async function reading<T>(place: string, use: (store: Store) => Promise<T>): Promise<T> {
    const store = await openToRead(place);
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  }

  return {
    open,
    recorded,
    reading,
    linesOf: (place: string) => reading(place, linesIn),
    flowsOf: (place: string) => reading(place, async (store) => (await store.coverage()).flows),
    gapsOf: (place: string) => reading(place, async (store) => (await store.coverage()).gaps),
  };
}

/** All kept events of a store. */
export async function linesIn(store: Store): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const one of store.events({ from: null, to: null })) lines.push(one);
  return lines;
}
