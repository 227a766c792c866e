import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { explain as explainAll } from "#analysis/explain/explain.ts";
import { readQuestion } from "#analysis/explain/read-question.ts";
import { rehearse } from "#analysis/rehearse.ts";
import { gather } from "#cli/gather.ts";
import { NO_PROGRESS } from "#cli/progress.ts";
import { nearestName } from "#decode/nearest.ts";
import type { Explained } from "#model/explanation.ts";
import type { ConversationReport, EndReport } from "#model/rehearsal.ts";
import schema from "#report/schema/explanation.schema.json" with { type: "json" };
import type { Run } from "../ringfence.ts";
import { expectGolden } from "./golden.ts";
import { inProcess } from "./in-process.ts";

const EXAMPLE = "examples/homelab";
const OBJECTS = ["--objects", `${EXAMPLE}/objects`, "--cilium", "1.20"];
const INPUTS = [...OBJECTS, "--policies", `${EXAMPLE}/policies`, "--names", `${EXAMPLE}/names.yaml`];

const explain = (line: string, ...more: readonly string[]) =>
  inProcess(["explain", ...line.split(" "), ...INPUTS, "--quiet", ...more]);

/** Runs with a text on standard input. */
async function piped(text: string, words: readonly string[]): Promise<Run> {
  const own = Object.getOwnPropertyDescriptor(process, "stdin");
  Object.defineProperty(process, "stdin", { value: Readable.from([Buffer.from(text)]), configurable: true });
  try {
    return await inProcess(words);
  } finally {
    if (own !== undefined) Object.defineProperty(process, "stdin", own);
  }
}

const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema);

/** What explain says as data, held against the schema. */
function dataOf({ stdout, stderr }: Run): Explained {
  expect(stderr).toBe("");
  const data = JSON.parse(stdout) as Explained;
  validate(data);
  expect(validate.errors ?? []).toEqual([]);
  return data;
}

describe("the bundled example's mistakes", () => {
  it.each([
    ["port-service", "traefik/traefik webapp/webapp 3000", "denied"],
    ["fqdn-no-dns-rule", "argocd/argocd-repo-server github.com 443", "denied"],
    ["node-entity", "reserved:remote-node webapp/webapp 3000", "denied"],
    ["allowed", "webapp/webapp webapp/postgres 5432", "allowed"],
    ["dns", "webapp/webapp kube-system/coredns --dns api.stripe.example", "allowed"],
    ["undecided", "webapp/webapp 203.0.113.99 443", "undecided"],
    ["hairpin", "dashboard/dashboard blog/blog 80", "denied"],
  ])("%s", async (name, line, verdict) => {
    const text = await explain(line);
    expectGolden(`explain/${name}.txt`, text.stdout);
    const [only] = dataOf(await explain(line, "-o", "json")).explanations;
    expect([only?.verdict, text.status]).toEqual([verdict, verdict === "denied" ? 1 : 0]);
  });

  it("in full, in colour, and as JSON", async () => {
    const line = "traefik/traefik webapp/webapp 3000";
    expectGolden("explain/all.txt", (await explain(line, "--all")).stdout);
    expectGolden("explain/color.txt", (await explain(line, "--color", "always")).stdout);
    expectGolden("explain/port-service.json", (await explain(line, "-o", "json")).stdout);
  });

  it("says the same as the rehearsal of its recording", async () => {
    const paths = {
      flows: [`${EXAMPLE}/flows.jsonl.gz`],
      objects: [`${EXAMPLE}/objects`],
      policies: [`${EXAMPLE}/policies`],
    };
    const request = { ...paths, names: [`${EXAMPLE}/names.yaml`], cilium: "1.20", ciliumConfig: null };
    const { snapshot, proposed, sources } = await gather(request, NO_PROGRESS);
    const { conversations = [], holes } = rehearse({ snapshot, proposed, only: false, sources, all: true });
    const asked = conversations.filter((one) => typed(one) !== null);
    const questions = asked.map((one, index) => {
      const [from = "", to = "", port = ""] = (typed(one) ?? "").split(" ");
      const plain = { icmp: null, request: null, serverName: null };
      return readQuestion({ from, to, port, ...plain }, index, snapshot, nearestName);
    });
    const input = {
      snapshot: { ...snapshot, traffic: { ...snapshot.traffic, conversations: [] } },
      proposed,
      only: false,
    };
    const { explanations } = explainAll({ ...input, sources, questions });
    const got = explanations.map(({ verdict, egress, ingress }, index) => {
      const causes = [egress?.cause, ingress?.cause].filter((cause) => typeof cause === "string");
      return `${typed(asked[index])} ${verdict} ${causes.join()}`;
    });
    const want = asked.map((one) => {
      const own = holes.filter((hole) => hole.conversation === one.id);
      const causes = ["egress", "ingress"].flatMap((side) => own.filter((hole) => hole.side === side));
      return `${typed(one)} ${one.after.verdict} ${causes.map((hole) => hole.cause).join()}`;
    });
    expect(got.length).toBeGreaterThan(20);
    expect(got).toEqual(want);
  });
});

/** A recorded conversation as a person would ask for it; null for what has no name to type, and for DNS. */
function typed(one: ConversationReport | undefined): string | null {
  const nameOf = (end: EndReport) =>
    end.kind === "pod" ? `${end.namespace}/${end.pods[0]}` : end.kind === "address" ? end.address : null;
  if (one === undefined || one.port === null || one.port === 53) return null;
  const [from, to] = [nameOf(one.from), nameOf(one.to)];
  return from === null || to === null ? null : `${from} ${to} ${one.port}/${one.protocol}`;
}

describe("exit codes", () => {
  it.each([
    ["denied is an error, the default", [], 1],
    ["--fail-on never", ["--fail-on", "never"], 0],
    ["--fail-on error: denied", ["--fail-on", "error"], 1],
    ["--fail-on warn: denied", ["--fail-on", "warn"], 1],
  ])("%s", async (_, more, status) => {
    expect((await explain("traefik/traefik webapp/webapp 3000", ...more)).status).toBe(status);
  });

  it("undecided is a warning", async () => {
    const line = "webapp/webapp 203.0.113.99 443";
    const codes = await Promise.all(["error", "warn"].map((severity) => explain(line, "--fail-on", severity)));
    expect(codes.map((run) => run.status)).toEqual([0, 1]);
  });
});

describe("several ports are several questions", () => {
  it("told one after the other", async () => {
    const { explanations } = dataOf(await explain("webapp/webapp webapp/postgres 5432 9187/TCP metrics", "-o", "json"));
    expect(explanations.map(({ port, verdict }) => `${port} ${verdict}`)).toEqual([
      "5432 allowed",
      "9187 denied",
      "9187 denied",
    ]);
  });
});

describe("flows on standard input", () => {
  const lab = join(import.meta.dirname, "../fixtures/lab/enforced");
  const dropped = gunzipSync(readFileSync(join(lab, "flows.jsonl.gz")))
    .toString()
    .split("\n")
    .filter((line) => line.includes('"drop_reason_desc":"POLICY_DENIED"'));
  const words = ["explain", "-", "--objects", join(lab, "objects.json.gz"), "--quiet", "-o", "json"];

  it("every connection that a real agent dropped is explained as denied", async () => {
    const { explanations } = dataOf(await piped(dropped.join("\n"), [...words, "--all"]));
    const wrong = explanations.filter((one) => one.verdict !== "denied");
    expect(explanations.length).toBeGreaterThan(15);
    expect(wrong.map((one) => one.sentence)).toEqual([]);
    expect(explanations.every((one) => one.recorded?.["DROPPED"] !== undefined)).toBe(true);
  });

  it("one line, as it was copied or laid out by jq", async () => {
    const line = dropped[0] ?? "";
    const [copied] = dataOf(await piped(line, words)).explanations;
    const [laidOut] = dataOf(await piped(JSON.stringify(JSON.parse(line), null, 2), words)).explanations;
    expect(copied?.verdict).toBe("denied");
    expect(laidOut).toEqual(copied);
  });

  it.each([
    ["a broken line", `${dropped[0]}\n{"flow": {`, /standard input:2: is no JSON/],
    ["something else", '{"kind": "Pod"}', /standard input:1: is no flow: it begins with `kind`/],
    ["a list of words", '"hello"', /standard input:1: is no flow/],
    ["nothing", "\n", /standard input: holds no flow/],
    [
      "a flow without ends",
      '{"flow": {"verdict": "DROPPED", "uuid": "x"}}',
      /standard input:1: the flow names neither ends nor addresses/,
    ],
    [
      "no connection",
      '{"flow": {"verdict": "TRACED", "IP": {"source": "10.0.0.1"}, "Type": "SOCK"}}',
      /standard input: the flows are no evidence/,
    ],
  ])("%s is refused with its place", async (_, text, message) => {
    const run = await piped(text, words);
    expect([run.status, run.stdout]).toEqual([2, ""]);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).toContain("\nhelp: ");
  });
});

describe("bad questions are refused with what was meant", () => {
  it.each([
    ["webapp/webap webapp/postgres 5432", "FROM webapp/webap: no such pod or workload", "did you mean webapp/webapp?"],
    ["nowhere/x webapp/postgres 5432", "FROM nowhere/x: no such pod or workload", "namespaces with pods: argocd, blog"],
    ["postgres webapp/webapp 80", "FROM postgres is not known", "write its namespace too: webapp/postgres"],
    ["host webapp/webapp 80", "FROM host is not known", "write reserved:host"],
    ["reserved:hots webapp/webapp 80", "FROM reserved:hots is not known", "known are reserved:host"],
    ["webapp/webapp githb.com 443", "TO githb.com: no address is known for that name", "did you mean github.com?"],
    [
      "webapp/webapp kube-system/kube-dns 53",
      "TO kube-system/kube-dns is a Service",
      "ask for the pod behind it: kube-system/coredns-",
    ],
    ["webapp/webapp 10.96.0.10 53", "TO 10.96.0.10 is the address of Service kube-system/kube-dns", "ask for the pod"],
    ["webapp/webapp 10.244.1.250 80", "is in the pod range of node worker-1", "name the pod"],
    ["webapp/webapp webapp/postgres", "the port is missing", "5432/TCP (postgres)"],
    ["webapp/webapp webapp/postgres 99999", "port 99999: no such port", "from 1 to 65535"],
    ["webapp/webapp webapp/postgres 53/FOO", "53/FOO: no such protocol", "PORT/PROTOCOL"],
    ["webapp/webapp webapp/postgres ssh", "port ssh: TO has no port of that name", "write a number"],
    ["webapp/webapp webapp/postgres --icmp ping", "--icmp ping: no ICMP type", "an echo request is 8"],
    ["webapp/webapp webapp/postgres 80 --icmp 8", "port 80: ICMP has none", "leave out the port"],
    ["webapp/webapp webapp/postgres 80 --host a", "--host needs a request", "--http"],
    ["webapp/webapp webapp/postgres 80 --http GET", "--http GET: no request", "write METHOD /path"],
    ["webapp/webapp webapp/postgres 80 --http /x --dns a", "--http cannot be combined with --dns", "ask twice"],
    ["webapp/webapp webapp/postgres 80 --http /x --header nothing", "--header nothing: no header", "Name: value"],
    ["webapp/webapp", "TO is missing", "flags with several values go after them"],
    ["- webapp/webapp", "unexpected argument webapp/webapp", "reads flows from standard input"],
  ])("%s", async (line, message, help) => {
    const run = await explain(line);
    expect([run.status, run.stdout]).toEqual([2, ""]);
    expect(run.stderr).toContain(message);
    expect(run.stderr).toContain(help);
  });

  it("standard input twice", async () => {
    const run = await inProcess(["explain", "-", "--policies", "-"]);
    expect(run).toMatchObject({ status: 2, stderr: expect.stringContaining("standard input is named twice") });
  });

  it("without policies", async () => {
    const run = await inProcess(["explain", "a/b", "c/d", "80"]);
    expect(run).toMatchObject({ status: 2, stderr: expect.stringContaining("no policies are named") });
  });
});

/** Real incidents; they may be read but not copied into the project, so they lie beside it. */
const folder = join(import.meta.dirname, "../../../shared/real/incidents");
const incidents = existsSync(folder)
  ? readdirSync(folder).filter((name) => existsSync(join(folder, name, "expect.json")))
  : [];
if (incidents.length === 0) console.warn("skipped: the incidents lie outside the project and are not here");

describe.skipIf(incidents.length === 0)("incidents", () => {
  it.each(incidents)("%s is explained from its flows, with a proven edit", async (incident) => {
    const at = (file: string) => join(folder, incident, file);
    const expected = JSON.parse(readFileSync(at("expect.json"), "utf8"));
    const accepted = [expected.cause, ...(expected.alsoAccept ?? [])];
    const scratch = mkdtempSync(join(tmpdir(), "explain-"));
    writeFileSync(
      join(scratch, "names.json"),
      JSON.stringify(
        Object.fromEntries((expected.dns ?? []).map((one: { name: string; ips: string[] }) => [one.name, one.ips])),
      ),
    );
    const names = expected.dns === undefined ? [] : ["--names", join(scratch, "names.json")];
    const words = ["--objects", at("workloads.yaml"), "--policies", at("before.yaml"), ...names, "--cilium", "1.20"];
    const run = await piped(readFileSync(at("flows.jsonl"), "utf8"), [
      "explain",
      "-",
      ...words,
      "-o",
      "json",
      "--all",
      "--quiet",
    ]);
    rmSync(scratch, { recursive: true });
    const sides = dataOf(run).explanations.flatMap(({ egress, ingress }) => [egress, ingress]);
    const found = sides.find((side) => side !== null && accepted.includes(side.cause));
    expect(found?.edit?.proven, run.stdout).toBe(true);
  });
});
