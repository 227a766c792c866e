import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import {
  create,
  createFileRegistry,
  type DescField,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonValue,
  type Message as ProtoMessage,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { writeProtojson } from "#hubble/protojson/write.ts";
import { readProtojson } from "#hubble/protojson/read.ts";
import { descriptorOf, enumOf } from "#hubble/schema.ts";
import { ENUM_VALUES, MESSAGE_FIELDS } from "#hubble/schema.table.ts";
import { JsonBuffer } from "#hubble/wire/json-buffer.ts";
import { readMessage } from "#hubble/wire/read-message.ts";
import { Transcriber, type Unknown } from "#hubble/wire/transcriber.ts";
import { WireError } from "#hubble/wire/wire-cursor.ts";
import { wirePlan } from "#hubble/wire/wire-plan.ts";
import { writeMessage } from "#hubble/wire/write-message.ts";
import { DESCRIPTORS } from "./generated/descriptors.table.ts";

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(DESCRIPTORS, "base64")));
const PACKAGES = ["flow", "observer", "relay"];

function messageDesc(name: string): DescMessage | undefined {
  return PACKAGES.map((one) => registry.getMessage(`${one}.${name}`)).find((one) => one !== undefined);
}

function desc(name: string): DescMessage {
  const found = messageDesc(name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

const out = new JsonBuffer(16);
const transcriber = new Transcriber();

function transcribed(name: string, bytes: Uint8Array, by = transcriber): string {
  out.clear();
  by.write(wirePlan(name), bytes, out);
  return new TextDecoder().decode(out.bytes.subarray(0, out.length));
}

/** What protobuf-es makes of the bytes, its fields put into the order of their declaration. */
function judged(name: string, bytes: Uint8Array): string {
  const json = toJson(desc(name), fromBinary(desc(name), bytes), { useProtoFieldName: true, registry });
  return writeProtojson(readProtojson(JSON.stringify(json), name, { discardUnknown: false }));
}

describe("the tables", () => {
  it("hold every message and field as the .proto declares them", () => {
    for (const name of Object.keys(MESSAGE_FIELDS)) {
      const message = messageDesc(name);
      if (message === undefined) {
        expect(name).toMatch(/^HealthCheck/);
        continue;
      }
      const declared = message.fields
        .filter((field) => !(name === "GetFlowsRequest" && field.name === "experimental"))
        .map((field) => `${field.name} ${typeOf(field)}${field.oneof === undefined ? "" : ` ${field.oneof.name}`}`);
      const ours = descriptorOf(name).fields.map(
        ({ name: field, type, isRepeated, group }) =>
          `${field} ${type}${isRepeated ? "*" : ""}${group === null ? "" : ` ${group}`}`,
      );
      expect(ours, name).toEqual(declared);
      expect(wirePlan(name).fields.map(({ number }) => number)).toEqual(
        message.fields
          .filter((one) => one.name !== "experimental" || name === "FlowFilter")
          .map(({ number }) => number),
      );
    }
  });

  it("hold every enum value", () => {
    for (const name of Object.keys(ENUM_VALUES)) {
      const declared = PACKAGES.map((one) => registry.getEnum(`${one}.${name}`)).find((one) => one !== undefined);
      if (declared === undefined) expect(name).toBe("ServingStatus");
      else expect([...enumOf(name).numbers]).toEqual(declared.values.map((value) => [value.name, value.number]));
    }
  });
});

const SCALARS: Readonly<Record<number, string>> = {
  1: "double",
  3: "int64",
  4: "uint64",
  5: "int32",
  8: "bool",
  9: "string",
  13: "uint32",
};

function typeOf(field: DescField): string {
  const star = field.fieldKind === "list" ? "*" : "";
  const named = field.message ?? field.enum;
  if (named !== undefined) return `${named.typeName.replace(/^(google\.protobuf|flow|observer|relay)\./, "")}${star}`;
  return `${SCALARS[field.scalar ?? 0]}${star}`;
}

const texts = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("", "k8s:app=web", "a<b>&c", 'q"\\\n\u2028', "naïve", "default/x", "\u007f"),
);
const uint32 = fc.oneof(fc.constantFrom(0, 1, 127, 128, 16384, 0x7fffffff, 0xffffffff), fc.nat(70000));
const int32 = fc.oneof(fc.constantFrom(0, 1, -1, 2147483647, -2147483648), fc.integer());
const uint64 = fc.oneof(fc.constantFrom(0n, 1n, 4294967296n, (1n << 64n) - 1n), fc.bigInt(0n, (1n << 64n) - 1n));
const int64 = fc.oneof(fc.constantFrom(0n, -1n, -(1n << 63n)), fc.bigInt(-(1n << 63n), (1n << 63n) - 1n));
const times = fc.record({
  seconds: fc.oneof(fc.bigInt(-62135596800n, 253402300799n), fc.bigInt(1700000000n, 1800000000n)),
  nanos: fc.oneof(fc.constantFrom(0, 1, 1000, 1_000_000, 999_999_999), fc.nat(999_999_999)),
});

/** Values of a field as protobuf-es's `create` takes them. */
function valueOf(field: DescField): fc.Arbitrary<unknown> {
  if (field.message !== undefined) return messageOf(field.message);
  // A newer Hubble's values too.
  if (field.enum !== undefined) {
    return fc.oneof(fc.constantFrom(...field.enum.values.map(({ number }) => number)), fc.constantFrom(250, 9999, -7));
  }
  switch (SCALARS[field.scalar ?? 0]) {
    case "double":
      // JSON.stringify, which the judge goes through, has no -0.
      return fc.double().map((value) => value + 0);
    case "int64":
      return int64;
    case "uint64":
      return uint64;
    case "int32":
      return int32;
    case "bool":
      return fc.boolean();
    case "uint32":
      return uint32;
    default:
      return texts;
  }
}

function messageOf(message: DescMessage): fc.Arbitrary<unknown> {
  switch (message.typeName) {
    case "google.protobuf.Timestamp":
      return times;
    case "google.protobuf.BoolValue":
      return fc.boolean();
    case "google.protobuf.UInt32Value":
      return uint32;
    case "google.protobuf.Int32Value":
      return int32;
    case "google.protobuf.Any":
    case "google.protobuf.FieldMask":
      return fc.constant({});
    default:
  }
  const plain = message.fields.filter(({ oneof }) => oneof === undefined);
  const members = Object.fromEntries(
    plain.map((field): [string, fc.Arbitrary<unknown>] => [
      field.localName,
      field.fieldKind === "list" ? fc.array(valueOf(field), { maxLength: 3 }) : valueOf(field),
    ]),
  );
  const choices = message.oneofs.map((oneof): [string, fc.Arbitrary<unknown>] => [
    oneof.localName,
    fc.oneof(
      fc.constant({ case: undefined }),
      ...oneof.fields.map((field) => valueOf(field).map((value) => ({ case: field.localName, value }))),
    ),
  ]);
  return fc.record({ ...members, ...Object.fromEntries(choices) }, { requiredKeys: [] });
}

function bytesOf(name: string): fc.Arbitrary<Uint8Array> {
  const message = desc(name);
  return messageOf(message).map((init) => toBinary(message, create(message, init as never) as ProtoMessage));
}

const READ = [
  "GetFlowsResponse",
  "Flow",
  "ServerStatusResponse",
  "GetNodesResponse",
  "GetNamespacesResponse",
  "FlowFilter",
  "GetAgentEventsResponse",
];
const WRITTEN = [...READ, "GetFlowsRequest", "GetDebugEventsResponse"];

describe("messages from bytes", () => {
  it.each(READ)("%s says what protobuf-es says", (name) => {
    fc.assert(
      fc.property(bytesOf(name), (bytes) => {
        expect(transcribed(name, bytes)).toBe(judged(name, bytes));
      }),
      { numRuns: 300 },
    );
  });

  it("one after the other are one: the last value counts, messages are merged, lists grow", () => {
    const pairs = fc.tuple(bytesOf("GetFlowsResponse"), bytesOf("GetFlowsResponse"));
    fc.assert(
      fc.property(pairs, ([first, second]) => {
        const both = Buffer.concat([first, second]);
        expect(transcribed("GetFlowsResponse", both)).toBe(judged("GetFlowsResponse", both));
      }),
      { numRuns: 300 },
    );
  });

  it("with fields of a newer Hubble say what they said without", () => {
    const unknown = fc.constantFrom(
      [0xa0, 0x9c, 0x01, 0x05],
      [0x92, 0x3f, 0x02, 0x68, 0x69],
      [0x91, 0x3f, 1, 2, 3, 4, 5, 6, 7, 8],
      [0x95, 0x3f, 1, 2, 3, 4],
      [0x93, 0x3f, 0x08, 0x01, 0x94, 0x3f],
    );
    fc.assert(
      fc.property(bytesOf("Flow"), unknown, (bytes, more) => {
        const notes: Unknown[] = [];
        const by = new Transcriber((note) => notes.push(note));
        const known = transcribed("Flow", bytes);
        expect(transcribed("Flow", Buffer.concat([Uint8Array.from(more), bytes, Uint8Array.from(more)]), by)).toBe(
          known,
        );
        const fields = notes.filter(({ what }) => what.startsWith("field "));
        expect(fields).toHaveLength(1);
      }),
      { numRuns: 100 },
    );
  });

  it("of any other kind are refused or read, never more", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        let text = "";
        try {
          text = transcribed("GetFlowsResponse", bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
          return;
        }
        expect(() => JSON.parse(text)).not.toThrow();
      }),
      { numRuns: 3000 },
    );
  });

  it("cut anywhere are refused, or are a shorter message", () => {
    const [whole = new Uint8Array(0)] = fc.sample(bytesOf("GetFlowsResponse"), { numRuns: 1, seed: 7 });
    for (let length = 0; length < whole.length; length++) {
      const bytes = whole.subarray(0, length);
      const judge = attempt(() => judged("GetFlowsResponse", bytes));
      const ours = attempt(() => transcribed("GetFlowsResponse", bytes));
      expect(ours, `${length} bytes`).toBe(judge);
    }
  });
});

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return "refused";
  }
}

describe("messages to bytes", () => {
  it.each(WRITTEN)("%s comes back from protobuf-es as it was", (name) => {
    fc.assert(
      fc.property(bytesOf(name), (bytes) => {
        const message = readMessage(name, bytes);
        const written = writeMessage(name, message);
        expect(transcribed(name, written)).toBe(transcribed(name, bytes));
        if (name !== "GetFlowsRequest") expect(judged(name, written)).toBe(judged(name, bytes));
      }),
      { numRuns: 200 },
    );
  });

  it("a field mask is the list of its paths", () => {
    const request = { number: "20", field_mask: ["source.pod_name", "IP", "ingress_allowed_by"] };
    const bytes = writeMessage("GetFlowsRequest", request);
    const read = fromBinary(desc("GetFlowsRequest"), bytes) as unknown as {
      fieldMask: { paths: string[] };
      number: bigint;
    };
    expect(read.fieldMask.paths).toEqual(request.field_mask);
    expect(read.number).toBe(20n);
    expect(readMessage("GetFlowsRequest", bytes)).toEqual(request);
  });
});

describe("recorded flows", () => {
  const fixtures = join(import.meta.dirname, "..", "fixtures", "hubble");
  it.each(["flows-a.jsonl.gz"])("%s goes to bytes and back unchanged", (file) => {
    const lines = gunzipSync(readFileSync(join(fixtures, file)))
      .toString()
      .trimEnd()
      .split("\n");
    expect(lines.length).toBeGreaterThan(100);
    for (const line of lines) {
      const message = readProtojson(line, "GetFlowsResponse", { discardUnknown: false });
      const schema = desc("GetFlowsResponse");
      const theirs = toBinary(schema, fromJson(schema, JSON.parse(line) as JsonValue, { registry }));
      expect(transcribed("GetFlowsResponse", theirs)).toBe(line);
      const ours = writeMessage("GetFlowsResponse", message);
      expect(transcribed("GetFlowsResponse", ours)).toBe(line);
      expect(judged("GetFlowsResponse", ours)).toBe(line);
    }
  });

  it("say the same when their parts are known, with another uuid, and with parts of others", () => {
    const lines = gunzipSync(readFileSync(join(fixtures, "flows-a.jsonl.gz")))
      .toString()
      .trimEnd()
      .split("\n");
    const again = lines.map((line) => line.replace(/"uuid":"[^"]*"/, '"uuid":"another"'));
    const mixed = lines.map((line, index) => line.replace(/"Summary":"(?:[^"\\]|\\.)*"/, `"Summary":"${index % 7}"`));
    const by = new Transcriber();
    for (const line of [lines, again, lines, again, mixed, lines, mixed, again].flat()) {
      const message = readProtojson(line, "GetFlowsResponse", { discardUnknown: false });
      expect(transcribed("GetFlowsResponse", writeMessage("GetFlowsResponse", message), by)).toBe(line);
    }
  });
});
