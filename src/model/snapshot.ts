import type { Conversation, Epoch } from "./conversation.ts";
import type { Coverage, NameQuestion, NameRecord } from "./coverage.ts";
import type { Finding } from "./finding.ts";
import type { Inventory } from "./objects.ts";
import type { PolicyObject } from "./policy.ts";
import type { CiliumConfig, CiliumMinor } from "./profile.ts";

/** What a recording folds into. */
export type Traffic = {
  readonly conversations: readonly Conversation[];
  readonly names: readonly NameRecord[];
  /** Questions of query logs that the user gave; they stand among the requests of their askers' conversations as well. */
  readonly questions?: readonly NameQuestion[];
  readonly epochs: readonly Epoch[];
  readonly coverage: Coverage;
};

/** How a fact came to be known: read from an object, given on the command line, or assumed. */
export type Known<T> = { readonly value: T; readonly source: string; readonly assumed: boolean };

/**
 * Everything known at one moment; the only input of every analysis. Plain readonly data: it serialises.
 * `policies` are those in force; a rehearsal is a snapshot plus proposed ones.
 */
export type Snapshot = {
  readonly cilium: Known<CiliumMinor>;
  /** The full agent version when known (`1.20.2`), else the minor. */
  readonly ciliumVersion: string;
  readonly config: Known<CiliumConfig>;
  readonly inventory: Inventory;
  readonly policies: readonly PolicyObject[];
  readonly traffic: Traffic;
  readonly findings: readonly Finding[];
};
