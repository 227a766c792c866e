import type { Flag } from "../args.ts";
import type { Command } from "../command.ts";
import { FLOWS, HELP } from "../flags.ts";

export const OBSERVER: Flag = {
  name: "observer",
  group: "server",
  summary: "offer Hubble's observer.Observer",
  detail: "The hubble CLI and other clients of Hubble read from it what is recorded, as from an agent or Relay.",
};

export const LISTEN: Flag = {
  name: "listen",
  value: { name: "ADDRESS", preset: "localhost:4245" },
  group: "server",
  summary: "where to listen: HOST:PORT",
  detail: "A socket is named as unix:///PATH.",
};

export const TLS_CERT: Flag = {
  name: "tls-cert-file",
  value: { name: "FILE", path: true },
  group: "server",
  summary: "certificate of the server, in PEM",
};

export const TLS_KEY: Flag = {
  name: "tls-key-file",
  value: { name: "FILE", path: true },
  group: "server",
  summary: "key of the server, in PEM",
};

export const TLS_CLIENT_CA: Flag = {
  name: "tls-client-ca-file",
  value: { name: "FILE", path: true },
  group: "server",
  summary: "authorities of clients: only those with a certificate of them are answered",
};

export const serve: Command = {
  name: "serve",
  summary: "offer recorded flows to Hubble's own clients",
  detail: [
    "Answers the hubble CLI from recordings or a store: filters, --last, --since, --follow, hubble status, hubble list. Runs until it is stopped.",
    "A store (store://DIR, clickhouse://…) keeps every policy verdict, drop, L7 event and DNS answer, but of traces samples: its conversations count them all, its events do not. It may be written meanwhile: who follows gets what the recorder writes, once a --flush-interval.",
    "Anyone who reaches the address can read the recording: it listens on this machine alone unless --listen says otherwise, and with --tls-client-ca-file to those who have a certificate.",
  ],
  operand: null,
  needs: [OBSERVER, FLOWS],
  flags: [FLOWS, OBSERVER, LISTEN, TLS_CERT, TLS_KEY, TLS_CLIENT_CA, HELP],
  examples: [
    { does: "a recording for the hubble CLI", line: "ringfence serve --observer --flows flows.jsonl.gz" },
    { does: "weeks of history, while they are recorded", line: "ringfence serve --observer --flows store://DIR" },
    { does: "then, elsewhere", line: "hubble observe --server localhost:4245 --verdict DROPPED --last 100" },
  ],
  run: async (invocation, io) => (await import("../run/serve.ts")).runServe(invocation, io),
};
