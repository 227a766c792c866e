import { setTimeout as sleep } from "node:timers/promises";
import { FlagError } from "#hubble/flags/flag.ts";
import type { FlagValues } from "#hubble/observe-request.ts";
import { type Finding, UserError } from "#model/finding.ts";
import { RelayConnection } from "#sources/relay-connection.ts";
import { type LiveTaker, RelayEvents } from "#sources/relay-events.ts";
import type { RelayOptions } from "#sources/relay-options.ts";
import { type RecordPiece, recordPieces } from "#sources/relay-record.ts";
import type { Recorder } from "#store/recorder.ts";
import { type Invocation, isOn, valueOf, valuesOf } from "../args.ts";
import { SERVER, SERVER_SETTINGS } from "../commands/record.ts";
import { CONTEXT, KUBECONFIG } from "../flags.ts";
import { shownFlag } from "../hubble-flag.ts";
import { checkSettings, readSettings } from "./observe-settings.ts";
import { versionFindings } from "./record-versions.ts";
import { serverSettings } from "./server-settings.ts";

/** The servers that the flags, the environment and the hubble CLI's configuration file name. Throws UserError. */
export function serversOf(invocation: Invocation, env: NodeJS.ProcessEnv): readonly RelayOptions[] {
  const named = valuesOf(invocation, SERVER);
  const servers = named.length === 0 ? [null] : [...new Set(named)];
  try {
    return servers.map((server) => {
      const settings = readSettings(settingValues(invocation, server), env);
      checkSettings(settings);
      return serverSettings(settings);
    });
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    throw new UserError("bad-arguments", error.message, { help: "see: ringfence record --help" });
  }
}

/** Whether a server is named anywhere but among the recordings. */
export function isServerNamed(invocation: Invocation): boolean {
  return valuesOf(invocation, SERVER).length > 0;
}

function settingValues(invocation: Invocation, server: string | null): FlagValues {
  const text = new Map<string, string>();
  const lists = new Map<string, readonly string[]>();
  for (const flag of SERVER_SETTINGS) {
    const given = valuesOf(invocation, shownFlag(flag));
    if (flag.bare !== undefined && isOn(invocation, shownFlag(flag))) text.set(flag.name, flag.bare);
    else if (flag.kind === "strings" && given.length > 0) lists.set(flag.name, given);
    else if (given.length > 0) text.set(flag.name, given.at(-1) ?? "");
  }
  const shared = [
    ["server", server],
    ["kubeconfig", valueOf(invocation, KUBECONFIG)],
    ["kube-context", valueOf(invocation, CONTEXT)],
  ] as const;
  for (const [name, value] of shared) if (value !== null) text.set(name, value);
  return { text, lists, allow: null, deny: null, isTrailingNot: false };
}

export type RecordingParts = {
  readonly recorder: Recorder;
  readonly signal: AbortSignal;
  readonly say: (finding: Finding) => void;
  /** Told after every piece that was taken. */
  readonly tell: () => void;
};

/**
 * Records what servers tell, until the signal comes. A server that goes away is waited for; the others go on. Throws a
 * UserError when a server meets at first what waiting does not mend.
 */
export async function recordServers(servers: readonly RelayOptions[], parts: RecordingParts): Promise<void> {
  const events = new RelayEvents();
  const stop = new AbortController();
  const signal = AbortSignal.any([parts.signal, stop.signal]);
  for (const { server } of servers) parts.recorder.counts.connected.set(server, false);
  try {
    await Promise.all(servers.map((server) => new ServerRecording(server, events, { ...parts, signal }).run()));
  } finally {
    stop.abort();
  }
}

/** One server that is recorded. */
class ServerRecording {
  private readonly server: RelayOptions;
  private readonly events: RelayEvents;
  private readonly parts: RecordingParts;
  private readonly taker: LiveTaker;
  /** Those that it tells of. */
  private readonly nodes = new Set<string>();
  private isBroken = false;

  constructor(server: RelayOptions, events: RelayEvents, parts: RecordingParts) {
    this.server = server;
    this.events = events;
    this.parts = parts;
    const { recorder } = parts;
    this.taker = {
      add: (event, bytes, start, end) => {
        if (event.kind === "flow") this.nodes.add(event.node);
        recorder.add(event, bytes, start, end, server.server);
      },
      skip: (reason) => recorder.skip(reason),
      again: (node) => recorder.again(node),
    };
  }

  async run(): Promise<void> {
    const { recorder, signal } = this.parts;
    const pieces = recordPieces({
      connect: () => RelayConnection.open(this.server),
      since: () => momentOf(recorder.resumeTime()),
      now: () => momentOf(Date.now()) ?? { seconds: 0, nanos: 0 },
      slowSeconds: this.server.requestTimeoutSeconds,
      wait: (milliseconds) => sleep(milliseconds, undefined, { signal }).catch(() => undefined),
      signal,
    });
    for await (const piece of pieces) {
      this.take(piece);
      // The server waits meanwhile, and says what it lost by that.
      while (recorder.isFull && !signal.aborted) await recorder.flush();
    }
  }

  private take(piece: RecordPiece): void {
    switch (piece.kind) {
      case "lines":
        this.mended();
        this.events.push(piece.bytes, this.taker);
        this.parts.tell();
        return;
      case "note":
        this.parts.say({ id: "server-note", severity: "info", message: piece.text });
        return;
      case "connected":
        this.connected(piece.connection, piece.isAgain);
        return;
      case "broken":
        this.broken(piece.fault);
        return;
    }
  }

  private connected(connection: RelayConnection, isAgain: boolean): void {
    const { recorder } = this.parts;
    const { server } = this.server;
    recorder.counts.connected.set(server, true);
    if (isAgain) recorder.reconnected({ source: server, nodes: this.nodes });
    void versionFindings(connection).then((findings) => {
      for (const finding of findings) recorder.sayOnce(finding);
    });
  }

  /** A connection is one again when something comes. */
  private mended(): void {
    if (!this.isBroken) return;
    this.isBroken = false;
    this.parts.say({ id: "server-again", severity: "info", message: `connected to ${this.server.server} again` });
  }

  /** Said once for each time that the server is away. */
  private broken({ code, message, help }: UserError): void {
    const { recorder, say } = this.parts;
    recorder.counts.connected.set(this.server.server, false);
    if (this.isBroken) return;
    this.isBroken = true;
    const more = help === undefined ? {} : { help };
    say({ id: code, severity: "warn", message: `${message}; connecting again until it goes well`, ...more });
  }
}

function momentOf(milliseconds: number | null): { readonly seconds: number; readonly nanos: number } | null {
  if (milliseconds === null) return null;
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, nanos: Math.floor((milliseconds - seconds * 1000) * 1e6) };
}
