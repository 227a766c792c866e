import { FlagCollector } from "#hubble/observe-request.ts";
import { FlagError } from "#hubble/flags/flag.ts";
import { momentValue } from "#hubble/flags/moment-value.ts";
import type { Moment } from "#hubble/go-time.ts";
import { UserError } from "#model/finding.ts";
import type { ClusterChoice } from "#sources/kubernetes-connection.ts";
import type { LiveSource } from "#sources/live-recording.ts";
import type { RelayOptions } from "#sources/relay-options.ts";
import { checkSettings, readSettings } from "./run/observe-settings.ts";
import { portForwardChoice, serverSettings } from "./run/server-settings.ts";

const SCHEME = /^(grpcs?|relay):\/\/|^(unix):/;
const DEFAULT_FLOWS = 5_000_000;
const DEFAULT_SECONDS = 300;

/** Whether a path of `--flows` names a Hubble server. */
export function isLivePath(path: string): boolean {
  return SCHEME.test(path);
}

/**
 * The servers among what `--flows` names; null when there is none. Servers are read without recordings beside them.
 * `cluster`: whose Relay `relay://` means; null for the current context.
 */
export function liveAmong(paths: readonly string[], cluster: ClusterChoice | null): readonly LiveSource[] | null {
  const found = paths.filter(isLivePath);
  if (found.length === 0) return null;
  if (found.length < paths.length) {
    throw new UserError("live-beside", "a Hubble server is read without recordings beside it", {
      help: "record what it holds first: ringfence observe --flows grpc://HOST:PORT --all -o jsonpb > flows.jsonl",
    });
  }
  return found.map((path) => parseLivePath(path, cluster));
}

/**
 * A Hubble server as `--flows` names it: `grpc://HOST:PORT`, `grpcs://` with TLS, `unix:PATH`, `relay://[NAMESPACE]` for
 * Relay by a port-forward. What else a connection needs comes from the hubble CLI's environment and configuration file.
 */
export function parseLivePath(path: string, cluster: ClusterChoice | null): LiveSource {
  try {
    return readLivePath(path, cluster);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    throw wrongPath(path, error.message, "look at the HUBBLE_* environment and at hubble's configuration file");
  }
}

function readLivePath(path: string, cluster: ClusterChoice | null): LiveSource {
  const settings = readSettings(new FlagCollector().values(), process.env);
  const [address = "", query = ""] = path.split("?", 2);
  const relay = serverOf(address, serverSettings(settings), () => {
    const choice = portForwardChoice(settings, 0);
    return cluster === null ? choice : { ...choice, cluster };
  });
  checkSettings({ ...settings, isOn: (name) => (name === "tls" ? relay.isTls : settings.isOn(name)) });
  return { name: address, relay, ...windowOf(query, path) };
}

type Forward = () => NonNullable<RelayOptions["portForward"]>;

function serverOf(address: string, preset: RelayOptions, forward: Forward): RelayOptions {
  const [, scheme = "unix"] = SCHEME.exec(address) ?? [];
  const rest = address.slice(scheme.length + "://".length);
  if (scheme === "relay") {
    const choice = forward();
    return { ...preset, portForward: rest === "" ? choice : { ...choice, namespace: rest } };
  }
  const direct = { ...preset, portForward: null };
  if (scheme === "unix") return { ...direct, server: address, isTls: false };
  if (rest === "") throw wrongPath(address, "no server is named", "as in grpc://localhost:4245");
  // Where the hubble CLI looks for Relay when nothing is said.
  const server = /:\d+$/.test(rest) ? rest : `${rest}:4245`;
  return { ...direct, server, isTls: scheme === "grpcs" || preset.isTls };
}

function windowOf(query: string, path: string): Omit<LiveSource, "name" | "relay"> {
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys()) {
    if (["since", "until", "flows", "seconds"].includes(name)) continue;
    throw wrongPath(path, `${name} means nothing here`, "since, until, flows and seconds are known");
  }
  return {
    since: momentAt(parameters, "since", path),
    until: momentAt(parameters, "until", path),
    mostFlows: numberAt(parameters, "flows", path) ?? DEFAULT_FLOWS,
    mostSeconds: numberAt(parameters, "seconds", path) ?? DEFAULT_SECONDS,
  };
}

function momentAt(parameters: URLSearchParams, name: string, path: string): Moment | null {
  const text = parameters.get(name);
  if (text === null) return null;
  const now = Date.now();
  const moment = momentValue(text, { seconds: Math.floor(now / 1000), nanos: (now % 1000) * 1e6 });
  if (moment !== null) return moment;
  throw wrongPath(path, `${name} is no time`, `as in ?${name}=10m or ?${name}=2026-09-14T09:00:00Z`);
}

function numberAt(parameters: URLSearchParams, name: string, path: string): number | null {
  const text = parameters.get(name);
  if (text === null) return null;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0 && value <= 1e9) return value;
  throw wrongPath(path, `${name} is no number above 0`, `as in ?${name}=1000`);
}

function wrongPath(path: string, message: string, help: string): UserError {
  return new UserError("live-path", `${path}: ${message}`, { help });
}
