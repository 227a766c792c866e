/** A flag of `hubble observe`, as pflag knows it. */
export type HubbleFlag = {
  readonly name: string;
  readonly alias?: string;
  readonly kind: "filter" | "bool" | "uint64" | "uint16" | "duration" | "string" | "strings" | "stringArray" | "paths";
  /** The value of the flag without one: then a value can only follow `=`. Upstream: NoOptDefVal. */
  readonly bare?: string;
  /** How help groups it. */
  readonly group: "selectors" | "filters" | "raw-filters" | "formatting" | "server" | "other";
  readonly summary: string;
  /** What shells offer. */
  readonly choices?: readonly string[];
};

/** A command line that cannot be run; the message is the one line that the hubble CLI prints. */
export class FlagError extends Error {}

/** `--first`, `-n, --namespace`: as errors name a flag. */
export function flagTitle({ name, alias }: HubbleFlag): string {
  return alias === undefined ? `--${name}` : `-${alias}, --${name}`;
}
