/** A process that opened a connection, as Tetragon tells it. */
export type ProcessConnect = {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly binary: string;
  readonly namespace: string;
  readonly pod: string;
  /** Address and port that it asked for: of a Service or of its backend, as the node's load balancing has it. */
  readonly address: string;
  readonly port: number;
};
