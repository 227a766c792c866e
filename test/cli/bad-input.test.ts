import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import type { Run } from "../ringfence.ts";
import { inProcess } from "./in-process.ts";

const FIXTURE = join(import.meta.dirname, "fixture");
const FLOWS = join(FIXTURE, "flows.jsonl");
const POLICIES = join(FIXTURE, "policies");
const OBJECTS = join(FIXTURE, "objects.yaml");
const lines = readFileSync(FLOWS, "utf8").trimEnd().split("\n");

const directory = mkdtempSync(join(tmpdir(), "ringfence-bad-"));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

type Inputs = {
  readonly flows?: string;
  readonly policies?: string;
  readonly objects?: string;
  readonly more?: readonly string[];
};

function rehearse({ flows = FLOWS, policies = POLICIES, objects = OBJECTS, more = [] }: Inputs): Promise<Run> {
  return inProcess(["rehearse", "--flows", flows, "--policies", policies, "--objects", objects, ...more]);
}

const policy = (more: string) =>
  `apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: x, namespace: shop}\n${more}`;

/** Refused: exit 2, nothing on standard output, one message with its place, and what to do. */
function expectRefusal(run: Run, message: RegExp, help: RegExp): void {
  expect(run.stdout).toBe("");
  expect(run.stderr).toMatch(message);
  expect(run.stderr).toMatch(/^ringfence: /);
  expect(run.stderr).toMatch(help);
  expect(run.stderr).not.toMatch(/internal error|\n {4}at /);
  expect(run.status).toBe(2);
}

describe("what cannot be read is refused, with its place and what to do", () => {
  it("no recording, no proposal", async () => {
    expectRefusal(await inProcess(["rehearse", "--policies", POLICIES]), /no recording is named/, /help: give --flows/);
    expectRefusal(await inProcess(["rehearse", "--flows", FLOWS]), /no proposal is named/, /help: give --policies/);
  });

  it("a file that is not there, with the nearest that is", async () => {
    expectRefusal(await rehearse({ flows: join(FIXTURE, "flow.jsonl") }), /flow\.jsonl/, /help: .*flows\.jsonl/);
    expectRefusal(
      await rehearse({ policies: join(FIXTURE, "polices") }),
      /polices does not exist/,
      /did you mean .*policies\?/,
    );
    expectRefusal(await rehearse({ objects: join(directory, "none.yaml") }), /none\.yaml does not exist/, /help: /);
    expectRefusal(await rehearse({ more: ["--names", join(FIXTURE, "name.yaml")] }), /name\.yaml/, /names\.yaml/);
  });

  it("a directory without policies", async () => {
    const empty = join(directory, "empty");
    mkdirSync(empty);
    expectRefusal(await rehearse({ policies: empty }), /no policies in .*empty/, /help: name files or directories/);
    expectRefusal(await rehearse({ policies: OBJECTS }), /no policies in .*objects\.yaml: only Namespace/, /help: /);
  });

  it("broken YAML, at its line", async () => {
    const broken = file("broken.yaml", policy("spec:\n  endpointSelector: {matchLabels: {a: b}\n  egress: []\n"));
    expectRefusal(await rehearse({ policies: broken }), /broken\.yaml:\d+:\d+: broken yaml/, /help: mend/);
  });

  it("an apiVersion that the API server does not serve", async () => {
    const wrong = file("wrong.yaml", policy("spec: {endpointSelector: {}}\n").replace("cilium.io/v2", "cilium.io/v3"));
    expectRefusal(
      await rehearse({ policies: wrong }),
      /wrong\.yaml:1:1: CiliumNetworkPolicy x has the apiVersion/,
      /cilium\.io\/v2/,
    );
  });

  it("binary garbage", async () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 256);
    expectRefusal(await rehearse({ flows: file("garbage.jsonl", bytes) }), /garbage\.jsonl/, /help: /);
    expectRefusal(await rehearse({ policies: file("garbage.yaml", bytes) }), /garbage\.yaml: byte \d+/, /help: /);
  });

  it("a gzip bomb is left when it is seen to be one", async () => {
    const bomb = file("bomb.jsonl.gz", gzipSync(new Uint8Array(100 * 1024 * 1024)));
    const started = performance.now();
    expectRefusal(await rehearse({ flows: bomb }), /bomb\.jsonl\.gz/, /help: /);
    expect(performance.now() - started).toBeLessThan(20_000);
    const manifest = file("bomb.yaml.gz", gzipSync(new Uint8Array(100 * 1024 * 1024)));
    expectRefusal(await rehearse({ policies: manifest }), /bomb\.yaml\.gz/, /help: /);
  });

  it("standard input named twice", async () => {
    expectRefusal(
      await rehearse({ flows: "-", policies: "-" }),
      /standard input is named by --flows and --policies/,
      /help: /,
    );
  });

  it("a version that is none, a configuration that holds none, names that are none", async () => {
    expectRefusal(
      await rehearse({ more: ["--cilium", "latest"] }),
      /`latest` is no cilium version/,
      /help: name a minor/,
    );
    expectRefusal(
      await rehearse({ more: ["--cilium-config", OBJECTS.replace("objects", "names")] }),
      /names\.yaml/,
      /help: /,
    );
    expectRefusal(
      await rehearse({ more: ["--names", file("names.txt", "a: [not-an-address]\n")] }),
      /names\.txt:1/,
      /help: /,
    );
  });

  it("an id that nothing has", async () => {
    expectRefusal(await rehearse({ more: ["--explain", "h99"] }), /nothing has the id h99/, /help: ids here: h1/);
  });
});

describe("what can be gone past is said and gone past", () => {
  it("an unknown kind", async () => {
    const objects = file(
      "kinds.yaml",
      `${readFileSync(OBJECTS, "utf8")}---\napiVersion: example.org/v1\nkind: Gadget\nmetadata: {name: g}\n`,
    );
    const run = await rehearse({ objects });
    expect(run.status).toBe(1);
    expect(run.stdout).toMatch(/kinds\.yaml:\d+:\d+: .*Gadget/);
  });

  it("a recording cut in the middle of a line", async () => {
    const run = await rehearse({ flows: file("cut.jsonl", `${lines.join("\n")}\n${lines[0]?.slice(0, 300)}`) });
    expect(run.status).toBe(1);
    expect(run.stdout).toMatch(/ends in the middle of a line/);
    expect(run.stdout).toMatch(/NOT READY/);
    expect(
      JSON.parse((await rehearse({ flows: join(directory, "cut.jsonl"), more: ["-o", "json"] })).stdout).snapshot.flows,
    ).toBe(lines.length);
  });

  it("a gzip file that is cut: what came before is read", async () => {
    const whole = gzipSync(Buffer.concat(Array.from({ length: 200 }, () => readFileSync(FLOWS))), { level: 1 });
    const run = await rehearse({ flows: file("cut.jsonl.gz", whole.subarray(0, whole.length - 1000)) });
    expect(run.stdout).toMatch(/^NOT READY/m);
    expect(run.stdout.replace(/\s+/g, " ")).toMatch(/ends in the middle/);
  });

  it("a line over 8 MB", async () => {
    const long = `{"flow":{"Summary":"${"x".repeat(9 * 1024 * 1024)}"}}`;
    const run = await rehearse({ flows: file("long.jsonl", [lines[0], long, ...lines.slice(1)].join("\n")) });
    expect(run.status).toBe(1);
    expect(run.stdout + run.stderr).toMatch(/8 MB/);
  });

  it("an empty recording: nothing was seen, never ready", async () => {
    for (const content of ["", "\n\n", '{"lost_events":{"source":"HUBBLE_RING_BUFFER","num_events_lost":3}}\n']) {
      const run = await rehearse({ flows: file("empty.jsonl", content) });
      expect(run.stdout).toMatch(/nothing was seen/);
      expect(run.stdout).toMatch(/^NOT (PROVEN|READY)/m);
      expect(run.stdout).not.toMatch(/^READY/m);
    }
  });

  it("a recording of another cluster", async () => {
    const other = lines
      .join("\n")
      .replaceAll("k8s:app=", "k8s:tier=")
      .replaceAll("shop", "bank")
      .replaceAll("k8s-app=kube-dns", "k8s-app=dns")
      .replaceAll("-7d9f-", "-66b8-")
      .replaceAll("netshoot", "toolbox");
    const run = await rehearse({ flows: file("other.jsonl", other) });
    expect(run.stdout.replace(/\s+/g, " ")).toMatch(/another cluster/);
    expect(run.stdout).not.toMatch(/^READY/m);
  });

  it("duplicate uuids are counted once and said", async () => {
    const run = await rehearse({ flows: file("twice.jsonl", [...lines, ...lines].join("\n")), more: ["-o", "json"] });
    const { snapshot, coverage } = JSON.parse(run.stdout);
    expect(snapshot.flows).toBe(lines.length);
    expect(JSON.stringify(coverage)).toMatch(/duplicate/);
  });

  it("a clock that runs apart is said", async () => {
    const syns = lines.filter((line) => line.includes('"SYN":true') && line.includes("INGRESS"));
    // The node of the source saw each SYN ten minutes before the node of the destination. Only a node's own ends have IDs.
    const early = syns.map((line, index) => {
      const { flow } = JSON.parse(line);
      const time = flow.time.replace(/T08:3(\d)/, "T08:2$1");
      const event = {
        event_type: { type: 4, sub_type: 4 },
        traffic_direction: "EGRESS",
        trace_observation_point: "TO_OVERLAY",
      };
      const seen = { time, uuid: `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`, node_name: "lab/n2" };
      return JSON.stringify({ flow: { ...flow, ...event, ...seen, destination: { ...flow.destination, ID: 0 } } });
    });
    const late = syns.map((line) => {
      const { flow } = JSON.parse(line);
      return JSON.stringify({ flow: { ...flow, source: { ...flow.source, ID: 0 } } });
    });
    const run = await rehearse({ flows: file("skew.jsonl", [...early, ...late].join("\n")), more: ["-o", "json"] });
    expect(JSON.stringify(JSON.parse(run.stdout).coverage.findings)).toMatch(/clock/);
  });
});
