import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { FlagError } from "#hubble/flags/flag.ts";
import type { FlagValues } from "#hubble/observe-request.ts";
import { parse } from "yaml";

/** Values from the environment and the configuration file, for flags that were not given. Upstream: viper, prefix HUBBLE. */
export type Settings = {
  readonly file: string | null;
  readonly text: (name: string) => string;
  readonly list: (name: string) => readonly string[];
  readonly isOn: (name: string) => boolean;
};

/** A flag wins over the environment, that over the file. A file that cannot be read is none. */
export function readSettings(values: FlagValues, env: NodeJS.ProcessEnv): Settings {
  const path = values.text.get("config") ?? env["HUBBLE_CONFIG"] ?? defaultPath(env);
  const file = readConfig(path);
  const stored = (name: string) => env[`HUBBLE_${name.toUpperCase().replaceAll("-", "_")}`] || file?.get(name);
  const text = (name: string) => {
    const value = values.text.get(name) ?? stored(name);
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
  };
  return {
    file: file === null ? null : path,
    text,
    list: (name) => {
      const given = values.lists.get(name);
      if (given !== undefined) return roundTrip(given);
      const value = stored(name);
      if (Array.isArray(value)) return value.map(String);
      return typeof value === "string" ? value.split(/\s+/).filter((word) => word !== "") : [];
    },
    isOn: (name) => /^(1|t|true)$/i.test(text(name)),
  };
}

/** One empty text is no text: upstream writes the list as CSV and reads it back. */
function roundTrip(values: readonly string[]): readonly string[] {
  return values.length === 1 && values[0] === "" ? [] : values;
}

function defaultPath(env: NodeJS.ProcessEnv): string {
  const folder = env["XDG_CONFIG_HOME"] || join(env["HOME"] || homedir(), ".config");
  return join(folder, "hubble", "config.yaml");
}

function readConfig(path: string): ReadonlyMap<string, unknown> | null {
  try {
    const value: unknown = parse(readFileSync(path, "utf8"));
    if (typeof value !== "object" || value === null) return null;
    return new Map(Object.entries(value).map(([name, one]) => [name.toLowerCase(), one]));
  } catch {
    return null;
  }
}

/** Upstream: hubble/cmd/common/validate. */
export function checkSettings(settings: Settings): void {
  const { text } = settings;
  const fail = (why: string) => {
    throw new FlagError(`invalid flag(s): ${why}`);
  };
  if ((text("basic-auth-username") === "") !== (text("basic-auth-password") === "")) {
    fail("must specify both basic-auth-username and basic-auth-password");
  }
  const isKey = text("tls-client-key-file") !== "";
  if (isKey !== (text("tls-client-cert-file") !== "")) {
    fail("certificate and private key are both required, but only one was provided");
  }
  if (isKey && !settings.isOn("tls") && !text("server").startsWith("tls://")) fail("transport layer security required");
}
