import type { HubbleFlag } from "#hubble/flags/flag.ts";
import type { Flag, FlagGroup } from "./args.ts";

const GROUPS: Readonly<Record<HubbleFlag["group"], FlagGroup>> = {
  selectors: "selection",
  filters: "filter",
  "raw-filters": "filter",
  formatting: "output",
  server: "server",
  other: "input",
};

const VALUE_NAMES: Readonly<Partial<Record<HubbleFlag["kind"], string>>> = {
  uint64: "N",
  uint16: "N",
  duration: "DURATION",
  stringArray: "JSON",
  strings: "LIST",
};

/** A flag of the hubble CLI as help and completion show it. */
export function shownFlag({ name, alias, kind, bare, group, summary, choices }: HubbleFlag): Flag {
  const isPath = name === "input-file" || name === "config" || name === "kubeconfig" || name.endsWith("-file");
  const valueName = isPath ? "FILE" : (VALUE_NAMES[kind] ?? "VALUE");
  return {
    name,
    ...(alias === undefined ? {} : { alias }),
    group: GROUPS[group],
    summary,
    ...(bare === undefined
      ? { value: { name: valueName, path: isPath, ...(choices === undefined ? {} : { suggestions: choices }) } }
      : {}),
  };
}
