import type { End } from "#model/conversation.ts";
import type { Inventory } from "#model/objects.ts";
import type { PolicyObject, RuleRef } from "#model/policy.ts";
import type { CiliumConfig, CiliumMinor } from "#model/profile.ts";

/** What a surprise may look at. Which version and which settings decides whether it is one. */
export type SurpriseWorld = {
  readonly minor: CiliumMinor;
  readonly config: CiliumConfig;
  readonly inventory: Inventory;
};

/**
 * When a surprise takes part in a decision. `decides`: its rule is among those that decided; `decides-open`: and nothing
 * isolates the subject in that direction; `fails`: its rule's peers do not take the peer;
 * `unresolved`: its port name has no number here; `isolates`: its rule switched default deny
 * on and nothing allowed the connection; `leaves-open`: its policy selects the subject and the direction is not isolated.
 */
export type TakesPart = "decides" | "decides-open" | "fails" | "unresolved" | "isolates" | "leaves-open";

/** A rule that does what its author cannot have meant, in one sentence that teaches. */
export type SurpriseFound = {
  readonly rule: RuleRef;
  readonly when: TakesPart;
  readonly sentence: string;
  /** Peers that the author did mean: with them the rule does nothing odd. Absent: none. */
  readonly unless?: (peer: End) => boolean;
};

/**
 * Something that Cilium does with a policy and nobody means. `find` answers every rule of a policy on which it applies
 * under this version and configuration; the policy is one that the agent accepts.
 */
export type Surprise = {
  readonly id: string;
  readonly find: (policy: PolicyObject, world: SurpriseWorld) => readonly SurpriseFound[];
};
