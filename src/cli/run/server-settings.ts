import { parseDuration } from "#hubble/flags/moment-value.ts";
import { FlagError } from "#hubble/flags/flag.ts";
import { UserError } from "#model/finding.ts";
import { DEFAULT_RELAY, type RelayOptions } from "#sources/relay-options.ts";
import type { Settings } from "./observe-settings.ts";

/** How the flags, the environment and the configuration file name a Hubble server. Upstream: hubble/cmd/common/conn. */
export function serverSettings(settings: Settings): RelayOptions {
  const text = (name: string) => settings.text(name);
  const orNull = (name: string) => (text(name) === "" ? null : text(name));
  if (settings.isOn("port-forward")) {
    throw new UserError("port-forward", "--port-forward is not there yet", {
      help: "forward the port yourself: kubectl -n kube-system port-forward service/hubble-relay 4245:80",
    });
  }
  const username = text("basic-auth-username");
  return {
    server: text("server") || DEFAULT_RELAY.server,
    isTls: settings.isOn("tls"),
    isInsecure: settings.isOn("tls-allow-insecure"),
    caFiles: settings.list("tls-ca-cert-files").flatMap((list) => list.split(",")),
    certFile: orNull("tls-client-cert-file"),
    keyFile: orNull("tls-client-key-file"),
    serverName: orNull("tls-server-name"),
    basicAuth: username === "" ? null : { username, password: text("basic-auth-password") },
    timeoutSeconds: seconds(text("timeout"), DEFAULT_RELAY.timeoutSeconds),
    requestTimeoutSeconds: seconds(text("request-timeout"), DEFAULT_RELAY.requestTimeoutSeconds),
  };
}

function seconds(text: string, preset: number): number {
  if (text === "") return preset;
  const nanoseconds = parseDuration(text);
  if (nanoseconds === null) throw new FlagError(`time: invalid duration ${text}`);
  return Number(nanoseconds) / 1e9;
}
