import type { PortForwardChoice } from "./port-forward.ts";

/** How a Hubble server, Relay or an agent, is reached. */
export type RelayOptions = {
  /** `host:port`, `tls://host:port` or `unix:///path`. */
  readonly server: string;
  readonly isTls: boolean;
  /** The server's certificate is not verified. */
  readonly isInsecure: boolean;
  /** Certificate authorities in PEM, instead of the system's. */
  readonly caFiles: readonly string[];
  /** Certificate and key of the client in PEM; both or none. */
  readonly certFile: string | null;
  readonly keyFile: string | null;
  /** The name that must stand in the server's certificate; null for the host's. */
  readonly serverName: string | null;
  readonly basicAuth: { readonly username: string; readonly password: string } | null;
  /** To connect. */
  readonly timeoutSeconds: number;
  /** Of requests that are no streams. */
  readonly requestTimeoutSeconds: number;
  /** Relay through the Kubernetes API, instead of `server`; null for none. */
  readonly portForward: PortForwardChoice | null;
};

/** Where `hubble` looks when nothing else is said. Upstream: hubble/pkg/defaults. */
export const DEFAULT_RELAY: RelayOptions = {
  server: "localhost:4245",
  isTls: false,
  isInsecure: false,
  caFiles: [],
  certFile: null,
  keyFile: null,
  serverName: null,
  basicAuth: null,
  timeoutSeconds: 5,
  requestTimeoutSeconds: 12,
  portForward: null,
};

const TLS_PREFIX = "tls://";

/** The server without what says how to speak with it. */
export function targetOf({ server }: Pick<RelayOptions, "server">): string {
  return server.startsWith(TLS_PREFIX) ? server.slice(TLS_PREFIX.length) : server;
}

export function usesTls({ server, isTls }: Pick<RelayOptions, "server" | "isTls">): boolean {
  return isTls || server.startsWith(TLS_PREFIX);
}

/** What hubble's flags mean when they are not given. Upstream: hubble/cmd/common/config. */
export const DEFAULT_PORT_FORWARD = { namespace: "kube-system", localPort: 4245 } as const;
