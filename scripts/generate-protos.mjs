// Writes the field numbers of Hubble's messages (src/hubble/generated) and their descriptors for the tests that hold our
// reader and writer to protobuf-es (test/hubble/generated) from Cilium's .proto files, with the buf compiler from npm.
// `node scripts/generate-protos.mjs [CILIUM_SOURCE]`; without it the Go module cache is asked for the version below.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const VERSION = "v1.20.2";
const FILES = ["flow", "observer", "relay"];
const HEAD = `/*
 * Written by scripts/generate-protos.mjs; do not edit. Made from api/v1/{${FILES.join(",")}}/*.proto of Cilium ${VERSION},
 * Copyright Authors of Hubble and Cilium, Apache-2.0 (see NOTICE).
 */
`;

const cilium =
  process.argv[2] ??
  join(
    execFileSync("go", ["env", "GOMODCACHE"], { encoding: "utf8" }).trim(),
    "github.com/cilium",
    `cilium@${VERSION}`,
  );
const root = join(import.meta.dirname, "..");
const set = compile();
const files = fromBinary(FileDescriptorSetSchema, set).file.filter(({ name }) => FILES.includes(name.split("/")[0]));
write("src/hubble/generated/field-numbers.table.ts", numbersText());
write("test/hubble/generated/descriptors.table.ts", descriptorsText());
const written = ["src/hubble/generated", "test/hubble/generated"];
execFileSync(join(root, "node_modules", ".bin", "biome"), ["check", "--write", ...written], { cwd: root });

function compile() {
  const directory = mkdtempSync(join(tmpdir(), "ringfence-protos-"));
  try {
    for (const name of FILES) {
      mkdirSync(join(directory, name));
      cpSync(join(cilium, "api", "v1", name, `${name}.proto`), join(directory, name, `${name}.proto`));
    }
    const buf = join(root, "node_modules", ".bin", "buf");
    execFileSync(buf, ["build", "--exclude-source-info", "-o", "set.binpb"], { cwd: directory, stdio: "inherit" });
    return readFileSync(join(directory, "set.binpb"));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Messages by their name without its package, those inside others as `Outer.Inner`. */
function messagesOf(message, outer) {
  const name = outer === "" ? message.name : `${outer}.${message.name}`;
  return [[name, message], ...message.nestedType.flatMap((inner) => messagesOf(inner, name))];
}

function numbersText() {
  const messages = files.flatMap((file) => file.messageType.flatMap((message) => messagesOf(message, "")));
  const numbers = messages.filter(([, { field }]) => field.length > 0);
  const reserved = messages.filter(([, { reservedRange }]) => reservedRange.length > 0);
  return `${HEAD}
/** Field numbers, in the order of declaration. */
export const FIELD_NUMBERS: Readonly<Record<string, string>> = {
${numbers.map(([name, { field }]) => entry(name, field.map((one) => `${one.name}=${one.number}`).join(" "))).join("")}};

/** Numbers that older versions used. */
export const RESERVED_NUMBERS: Readonly<Record<string, readonly number[]>> = {
${reserved.map(([name, { reservedRange }]) => `  ${key(name)}: [${reservedRange.flatMap(allOf).join(", ")}],\n`).join("")}};
`;
}

function allOf({ start, end }) {
  return Array.from({ length: end - start }, (_, index) => start + index);
}

function descriptorsText() {
  const lines = set.toString("base64").match(/.{1,110}/g) ?? [];
  return `${HEAD}
/** A google.protobuf.FileDescriptorSet in base64. */
export const DESCRIPTORS = [
${lines.map((line) => `  "${line}",\n`).join("")}].join("");
`;
}

function key(name) {
  return name.includes(".") ? `"${name}"` : name;
}

function entry(name, text) {
  const line = `  ${key(name)}: "${text}",\n`;
  return line.length <= 121 ? line : `  ${key(name)}:\n    "${text}",\n`;
}

function write(path, text) {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), text);
}
