import type { AddressEnd, End } from "#model/conversation.ts";
import type { CiliumConfig } from "#model/profile.ts";
import type { DistillContext, Packet } from "./resolve/endpoint-policy.ts";
import type { Identity } from "./identity/identity.ts";
import type { MapEntry } from "./resolve/map-entry.ts";
import type { SelectorPolicy } from "./resolve/selector-policy.ts";

/** What deciding a side needs of the engine, which remembers all of it. */
export type SideContext = DistillContext & {
  readonly config: CiliumConfig;
  /** The identities an end may have under these names. Upstream: see ends.ts. */
  readonly identities: (end: End, names: readonly string[]) => readonly Identity[];
  /** The identities it may have if it is known by names that nobody recorded. */
  readonly identitiesWithAnyName: (end: AddressEnd) => readonly Identity[];
  /** The subject's policy, as it is towards a peer that is its own node. */
  readonly policyOf: (subject: Identity, peer?: Identity) => SelectorPolicy;
  /** The entry that answers a packet under its subject's policy. */
  readonly answer: (packet: Packet) => MapEntry | null;
};
