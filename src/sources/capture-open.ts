import { createReadStream, createWriteStream, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { open, readdir, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { finished } from "node:stream/promises";
import { UserError } from "#model/finding.ts";
import { readTar, type TarSink } from "./capture-tar.ts";
import { zipMemberBytes, zipMembers } from "./capture-zip.ts";
import { compressionOf, uncompressed } from "./recording-stream.ts";

/** What a capture or a sysdump holds, as files that the other readers take. */
export type OpenedCapture = {
  /** As it was named. */
  readonly path: string;
  readonly objects: readonly string[];
  readonly flows: readonly string[];
  /** Agents' caches of names. */
  readonly names: readonly string[];
  /** `cilium-dbg bpf ct list` of the agents. */
  readonly conntrack: readonly string[];
  /** `cilium-dbg bpf policy get --all --numeric` of the agents. */
  readonly policyMaps: readonly string[];
  /** True when it says of itself that it was redacted. */
  readonly isRedacted: boolean;
};

type Part = Exclude<keyof OpenedCapture, "path" | "isRedacted"> | "mark";

/**
 * What a file of a capture or a sysdump is, by its name. Upstream: cilium-cli sysdump/constants.go for the archive,
 * bugtool/cmd (a command's words joined by `-`, `.md`) for what the agents told. All else, Secrets too, is not even unpacked.
 */
const PARTS: readonly (readonly [part: Part, name: RegExp])[] = [
  ["mark", /^capture\.json$/],
  ["objects", /^objects(-\d+)?\.yaml$/],
  ["objects", /^cilium-config\.yaml$/],
  ["flows", /^flows\.jsonl\.gz$/],
  ["objects", /^k8s-(pods|nodes|namespaces|services|endpointslices|networkpolicies)-\d{8}-\d{6}\.yaml$/],
  [
    "objects",
    /^cilium(networkpolicies|clusterwidenetworkpolicies|cidrgroups|endpoints|identities|nodes|nodeconfigs)-\d{8}-\d{6}\.yaml$/,
  ],
  ["objects", /^cilium-(config-)?configmap-\d{8}-\d{6}\.yaml$/],
  ["objects", /^cilium-daemonset-\d{8}-\d{6}\.yaml$/],
  ["flows", /^hubble-flows-.+-\d{8}-\d{6}\.json$/],
  ["names", /^cilium(-dbg)?-fqdn-cache-list.*\.md$/],
  ["conntrack", /^cilium(-dbg)?-bpf-ct-list.*\.md$/],
  ["policyMaps", /^cilium(-dbg)?-bpf-policy-get.*\.md$/],
];

/** All members together may unpack to this. */
const MAX_BYTES = 64 * 1024 ** 3;
/** Deeper folders hold no part: `cilium-sysdump-…/cilium-bugtool-…/cmd/…`. */
const MAX_DEPTH = 5;

/**
 * Opens a capture (a directory or a `.tar.gz` of it) or a Cilium sysdump (`.zip`, or its directory); null when the path is
 * neither. Archives are unpacked into a temporary directory that goes with the process. Throws UserError when an archive
 * is damaged or holds nothing of use.
 */
export async function openCapture(path: string): Promise<OpenedCapture | null> {
  const kind = await kindOf(path);
  if (kind === null) return null;
  const directory = kind === "directory" ? path : await unpacked(path, kind);
  const files = await filesBelow(directory, MAX_DEPTH);
  const capture = { ...partsOf(path, files), isRedacted: await isRedacted(files) };
  if (capture.objects.length + capture.flows.length > 0) return capture;
  throw new UserError("no-capture", "holds neither objects nor flows", {
    place: { file: path },
    help: "a capture is what ringfence capture writes, a sysdump what cilium sysdump writes",
  });
}

function partOf(file: string): Part | null {
  const name = basename(file);
  return PARTS.find(([, pattern]) => pattern.test(name))?.[0] ?? null;
}

async function isRedacted(files: readonly string[]): Promise<boolean> {
  const mark = files.find((file) => partOf(file) === "mark");
  return mark !== undefined && /"redacted": *true/.test(await readFile(mark, "utf8"));
}

function partsOf(path: string, files: readonly string[]): Omit<OpenedCapture, "isRedacted"> {
  const of = (part: Part) => files.filter((file) => partOf(file) === part);
  return {
    path,
    objects: of("objects"),
    flows: of("flows"),
    names: of("names"),
    conntrack: of("conntrack"),
    policyMaps: of("policyMaps"),
  };
}

type CaptureKind = "directory" | "zip" | "tar";

async function kindOf(path: string): Promise<CaptureKind | null> {
  if (path === "-") return null;
  const stats = await stat(path).catch(() => null);
  if (stats === null) return null;
  if (stats.isDirectory()) return (await isCaptureDirectory(path)) ? "directory" : null;
  if (/\.(tar\.gz|tgz|tar)$/.test(path)) return "tar";
  const head = await headOf(path);
  return head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4 ? "zip" : null;
}

/** A directory of manifests may hold anything; a capture has its mark, a sysdump both of these files. */
async function isCaptureDirectory(path: string): Promise<boolean> {
  const names: readonly string[] = await readdir(path).catch(() => []);
  if (names.includes("capture.json")) return true;
  return names.some((name) => /^k8s-pods-\d/.test(name)) && names.some((name) => /^k8s-nodes-\d/.test(name));
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path, "r").catch((cause: unknown) => {
    throw new UserError("unreadable", "cannot be read", {
      cause,
      place: { file: path },
      help: "check its permissions",
    });
  });
  try {
    const bytes = new Uint8Array(16);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function filesBelow(directory: string, depth: number): Promise<readonly string[]> {
  const entries = (await readdir(directory, { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isFile()) found.push(path);
    else if (entry.isDirectory() && depth > 0) found.push(...(await filesBelow(path, depth - 1)));
  }
  return found;
}

/** Unpacks the parts that are known; answers the directory. */
async function unpacked(path: string, kind: "zip" | "tar"): Promise<string> {
  const directory = temporaryDirectory(path);
  let total = 0;
  const sinkFor = (name: string, bytes: number): Promise<TarSink | null> => {
    if (partOf(name) === null) return Promise.resolve(null);
    total += bytes;
    if (total > MAX_BYTES) throw tooLarge(path);
    return Promise.resolve(fileSink(join(directory, safeName(name))));
  };
  if (kind === "zip") await unzip(path, sinkFor);
  else {
    const compression = compressionOf(await headOf(path));
    const pieces = uncompressed(createReadStream(path), compression, path);
    await readTar(pieces, path, sinkFor);
  }
  return directory;
}

async function unzip(path: string, sinkFor: (name: string, bytes: number) => Promise<TarSink | null>): Promise<void> {
  for (const member of await zipMembers(path)) {
    const sink = await sinkFor(member.name, member.bytes);
    if (sink === null) continue;
    for await (const piece of zipMemberBytes(path, member)) await sink.write(piece);
    await sink.end();
  }
}

/** Named after the archive, so that messages about files in it can be understood; deleted when the process ends. */
function temporaryDirectory(path: string): string {
  const root = mkdtempSync(join(tmpdir(), "ringfence-"));
  process.once("exit", () => rmSync(root, { recursive: true, force: true }));
  const directory = join(root, basename(path));
  mkdirSync(directory);
  return directory;
}

/** Never outside the directory, whatever the archive says. */
function safeName(name: string): string {
  return name
    .split(/[\\/]/)
    .filter((part) => part !== "" && !/^\.+$/.test(part))
    .join("/");
}

function fileSink(path: string): TarSink {
  mkdirSync(dirname(path), { recursive: true });
  const stream = createWriteStream(path);
  const done = finished(stream);
  done.catch(() => undefined);
  return {
    write: async (piece) => {
      if (stream.write(Buffer.from(piece))) return;
      await Promise.race([done, new Promise<void>((resolve) => stream.once("drain", () => resolve()))]);
    },
    end: async () => {
      stream.end();
      await done;
    },
  };
}

function tooLarge(path: string): UserError {
  return new UserError("too-large", `unpacks to more than ${MAX_BYTES / 1024 ** 3} GB`, {
    place: { file: path },
    help: "unpack it by hand and name its directory",
  });
}
