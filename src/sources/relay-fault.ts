import { UserError } from "#model/finding.ts";

/** How a call ended: gRPC's status, by its number and what was said with it. */
export type RelayStatus = { readonly code: number; readonly details: string };

/** Upstream: grpc/codes. */
export const GrpcCode = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

type Fault = { readonly code: string; readonly message: string; readonly help: string };
type Explain = (server: string, found: RegExpExecArray) => Fault;

const CONNECT_HELP =
  "is the port forwarded? kubectl -n kube-system port-forward service/hubble-relay 4245:80; or name another with --server HOST:PORT";

/** How a connection that does not come to stand is told, with the time that was waited. */
export const NO_CONNECTION = "no connection within";

/** What is wrong with a connection, by what Node and OpenSSL say of it. */
const CONNECTION_FAULTS: readonly (readonly [RegExp, Explain])[] = [
  [
    /certificate has expired|CERT_HAS_EXPIRED/i,
    (server) => ({
      code: "certificate-expired",
      message: `the certificate of ${server} has expired`,
      help: "renew it (Cilium does so with hubble.tls.auto); --tls-allow-insecure goes on without proof of who answers",
    }),
  ],
  [
    /certificate is not yet valid|CERT_NOT_YET_VALID/i,
    (server) => ({
      code: "certificate-not-yet-valid",
      message: `the certificate of ${server} is not valid yet`,
      help: "compare the clocks of this machine and of the one that made it",
    }),
  ],
  [
    /does not match certificate's altnames: (.*)/i,
    (server, [, why = ""]) => ({
      code: "certificate-name",
      message: `the certificate of ${server} is for another name: ${namesIn(why)}`,
      help: "name what stands in the certificate with --tls-server-name, as in: --tls-server-name instance.hubble-relay.cilium.io",
    }),
  ],
  [
    /self.signed certificate|unable to (?:verify|get) .*(?:certificate|issuer)|UNABLE_TO_VERIFY/i,
    (server) => ({
      code: "certificate-unknown",
      message: `the certificate of ${server} comes from an authority that is not known here`,
      help: "name the authority with --tls-ca-cert-files FILE: ca.crt of the secret hubble-relay-client-certs",
    }),
  ],
  [
    /alert (?:certificate required|bad certificate|unknown ca|handshake failure)|certificate required|bad certificate/i,
    (server) => ({
      code: "client-certificate",
      message: `${server} asks for a client certificate and got none that it takes`,
      help: "name it with --tls-client-cert-file and --tls-client-key-file: tls.crt and tls.key of the secret hubble-relay-client-certs",
    }),
  ],
  [
    /wrong version number|packet length too long|EPROTO/i,
    (server) => ({
      code: "server-without-tls",
      message: `${server} does not speak TLS`,
      help: "leave out --tls and tls://",
    }),
  ],
  [
    new RegExp(`${NO_CONNECTION} (.*)`),
    (server, [, time = ""]) => ({
      code: "server-unreached",
      message: `no connection to ${server} within ${time}`,
      help: "is it the right address, and is the way to it open? wait longer with --timeout 30s",
    }),
  ],
  [
    /ECONNREFUSED/,
    (server) => ({ code: "server-refused", message: `nothing listens at ${server}`, help: CONNECT_HELP }),
  ],
  [
    /ENOTFOUND|EAI_AGAIN|Name resolution failed/i,
    (server) => ({ code: "server-unknown", message: `the name of ${server} is not known`, help: CONNECT_HELP }),
  ],
  [
    /ENOENT/,
    (server) => ({
      code: "server-refused",
      message: `there is no socket at ${server}`,
      help: "an agent's is /var/run/cilium/hubble.sock on its node",
    }),
  ],
  [
    /ECONNRESET|socket hang up|ERR_HTTP2|Connection dropped|ECONNABORTED|EPIPE|disconnected|Failed to connect/i,
    (server) => ({
      code: "server-closed",
      message: `${server} closes the connection`,
      help: "if it speaks TLS, add --tls; if it is a port-forward, start it again",
    }),
  ],
];

/** `… Host: a. is not in the cert's altnames: DNS:b, DNS:c` */
function namesIn(text: string): string {
  return (/altnames: (.*)$/.exec(text)?.[1] ?? text).replaceAll("DNS:", "").replace(/\.$/, "");
}

/** A call that cannot be gone on with, in words, with what to do. `server` as the user named it. */
export function relayFault(server: string, { code, details }: RelayStatus): UserError {
  const { code: name, message, help } = faultOf(server, { code, details });
  return new UserError(name, message, { help, cause: new Error(`gRPC status ${code}: ${details}`) });
}

function faultOf(server: string, { code, details }: RelayStatus): Fault {
  switch (code) {
    case GrpcCode.deadlineExceeded:
      return {
        code: "server-slow",
        message: `${server} has not answered in time`,
        help: "wait longer with --request-timeout 60s, or look at the server's log",
      };
    case GrpcCode.resourceExhausted:
      return exhausted(server, details);
    case GrpcCode.unimplemented:
      return {
        code: "server-cannot",
        message: `${server} does not offer this: ${details}`,
        help: "an agent answers for itself alone, Relay for the cluster: --server names the one or the other",
      };
    case GrpcCode.unauthenticated:
    case GrpcCode.permissionDenied:
      return {
        code: "server-denies",
        message: `${server} does not let us in: ${details}`,
        help: "give --basic-auth-username and --basic-auth-password, or a client certificate",
      };
    case GrpcCode.invalidArgument:
      return { code: "server-refuses", message: `${server} refuses the request: ${details}`, help: "change the flags" };
    default:
      return connectionFault(server, { code, details });
  }
}

function exhausted(server: string, details: string): Fault {
  const [, got, most] = /larger than max \((\d+) vs\.? (\d+)\)/i.exec(details) ?? [];
  if (got === undefined) {
    return { code: "server-full", message: `${server} is out of room: ${details}`, help: "ask for less, or later" };
  }
  return {
    code: "message-too-large",
    message: `${server} sent a message of ${got} bytes; more than ${most} are not taken`,
    help: "a flow has some 1,000 bytes: this server is no Hubble, or one flow of it is broken; leave that out with a filter",
  };
}

function connectionFault(server: string, { code, details }: RelayStatus): Fault {
  for (const [pattern, explain] of CONNECTION_FAULTS) {
    const found = pattern.exec(details);
    if (found !== null) return explain(server, found);
  }
  return { code: "server-failed", message: `${server}: ${details} (gRPC status ${code})`, help: CONNECT_HELP };
}

/** Whether the same call may go well a moment later: the connection broke, or the server goes down or comes up. */
export function isPassing({ code, details }: RelayStatus): boolean {
  if (code === GrpcCode.unavailable) return !/certificate|altnames|wrong version|EPROTO|alert /i.test(details);
  if (code === GrpcCode.aborted || code === GrpcCode.cancelled) return true;
  return (
    (code === GrpcCode.internal || code === GrpcCode.unknown) &&
    /RST_STREAM|ECONNRESET|closed|dropped|EOF/i.test(details)
  );
}
