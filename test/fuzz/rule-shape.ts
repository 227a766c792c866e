import type { Direction } from "#model/decision.ts";
import type { CiliumMinor } from "#model/profile.ts";

/** Which rule is being made: what it may hold depends on it. */
export type RuleShape = {
  readonly minor: CiliumMinor;
  readonly direction: Direction;
  readonly deny: boolean;
  /** `enableNodeSelectorLabels`: without it the agent rejects toNodes. */
  readonly nodes: boolean;
  readonly ipv6: boolean;
  /** How likely an element of toPorts has something for a proxy. */
  readonly l7: number;
  /** Peers take much: then ports, proxies and precedence decide, not who it is. */
  readonly wide: boolean;
};
