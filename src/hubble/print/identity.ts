import { type Message, numberOf, partOf } from "../message.ts";
import { RESERVED_IDENTITIES } from "../reserved-identities.ts";
import type { Colors } from "./color.ts";

/** `(world)` for a reserved identity, `(ID:n)` for others. Upstream: Printer.fmtIdentity. */
export function identityText(flow: Message | undefined, end: "source" | "destination", colors: Colors): string {
  const identity = numberOf(partOf(flow, end), "identity");
  const name = RESERVED_IDENTITIES.get(identity);
  return colors.identity(name === undefined ? `(ID:${identity})` : `(${name})`);
}
