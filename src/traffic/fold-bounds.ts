/** What a fold may hold. Everything that grows has its bound, and says when it was hit. */
export type FoldBounds = {
  readonly conversations: number;
  readonly ends: number;
  readonly outsideAddresses: number;
  /** Prefixes whose addresses are always kept one by one: those that policies name. */
  readonly exactPrefixes: readonly string[];
  /** L7 requests of all conversations together. */
  readonly requests: number;
  /** Connections without SYN that a later part of a file hands to the part before. */
  readonly orphans: number;
  readonly nodes: number;
};

export const DEFAULT_BOUNDS: FoldBounds = {
  conversations: 200_000,
  ends: 150_000,
  outsideAddresses: 100_000,
  exactPrefixes: [],
  requests: 50_000,
  orphans: 20_000,
  nodes: 10_000,
};
