/** An entry of an endpoint's policy map, with what it counted. */
export type PolicyMapEntry = {
  readonly isDeny: boolean;
  readonly direction: "ingress" | "egress";
  /** Numeric identity of the peer, 0 for any; of the dump's own node. */
  readonly identity: number;
  /** 0 for any; a range is told by `portPrefix`. */
  readonly port: number;
  /** Bits of the port that are set, 16 for one port. */
  readonly portPrefix: number;
  /** IP protocol number, 0 for any. */
  readonly protocol: number;
  /** Packets since the entry was made; null when nothing was counted: see `isCounting`. */
  readonly packets: number | null;
};

export type PolicyMapDump = { readonly endpointId: number; readonly entries: readonly PolicyMapEntry[] };
