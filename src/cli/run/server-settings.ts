import { parseDuration } from "#hubble/flags/moment-value.ts";
import { FlagError } from "#hubble/flags/flag.ts";
import type { PortForwardChoice } from "#sources/port-forward.ts";
import { DEFAULT_PORT_FORWARD, DEFAULT_RELAY, type RelayOptions, usesTls } from "#sources/relay-options.ts";
import type { Settings } from "./observe-settings.ts";

/** How the flags, the environment and the configuration file name a Hubble server. Upstream: hubble/cmd/common/conn. */
export function serverSettings(settings: Settings): RelayOptions {
  const text = (name: string) => settings.text(name);
  const orNull = (name: string) => (text(name) === "" ? null : text(name));
  const username = text("basic-auth-username");
  const server = text("server") || DEFAULT_RELAY.server;
  return {
    server,
    isTls: usesTls({ server, isTls: settings.isOn("tls") }),
    isInsecure: settings.isOn("tls-allow-insecure"),
    caFiles: settings.list("tls-ca-cert-files").flatMap((list) => list.split(",")),
    certFile: orNull("tls-client-cert-file"),
    keyFile: orNull("tls-client-key-file"),
    serverName: orNull("tls-server-name"),
    basicAuth: username === "" ? null : { username, password: text("basic-auth-password") },
    timeoutSeconds: seconds(text("timeout"), DEFAULT_RELAY.timeoutSeconds),
    requestTimeoutSeconds: seconds(text("request-timeout"), DEFAULT_RELAY.requestTimeoutSeconds),
    portForward: settings.isOn("port-forward") ? portForwardChoice(settings, DEFAULT_PORT_FORWARD.localPort) : null,
  };
}

function seconds(text: string, preset: number): number {
  if (text === "") return preset;
  const nanoseconds = parseDuration(text);
  if (nanoseconds === null) throw new FlagError(`time: invalid duration ${text}`);
  return Number(nanoseconds) / 1e9;
}

/** Where Relay is in the cluster; `localPort` where no port of this machine is named. */
export function portForwardChoice({ text }: Settings, localPort: number): PortForwardChoice {
  const orNull = (name: string) => (text(name) === "" ? null : text(name));
  const port = text("port-forward-port");
  return {
    cluster: { kubeconfig: orNull("kubeconfig"), context: orNull("kube-context"), contextFlag: "--kube-context" },
    namespace: text("kube-namespace") || DEFAULT_PORT_FORWARD.namespace,
    localPort: port === "" ? localPort : Number(port) || 0,
  };
}
