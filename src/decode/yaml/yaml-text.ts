import { isMap, isScalar, isSeq, type Node, parseAllDocuments, type YAMLError } from "yaml";
import type { Json } from "#model/json.ts";
import { type Dump, readDumpYaml } from "./dump-yaml.ts";
import { valueAt } from "../field.ts";
import type { Lines } from "../lines.ts";
import { type DuplicateKey, type SourceObject, TextProblem } from "../objects/source-object.ts";
import { asNode, offsetOf, yamlValue } from "./yaml-value.ts";

/** One YAML document of a stream, by its offsets in the text. */
export type Chunk = { readonly start: number; readonly end: number };

/**
 * Cuts a stream into documents as kubectl does: at lines that begin with `---`, whatever they stand in. The line must
 * hold nothing else but a comment.
 * Upstream: k8s.io/apimachinery/pkg/util/yaml YAMLReader.Read.
 */
export function cutDocuments(text: string): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let start = 0;
  for (let line = 0; line < text.length; line = nextLine(text, line)) {
    if (!text.startsWith("---", line)) continue;
    const end = nextLine(text, line);
    const rest = text.slice(line + 3, end).trim();
    if (rest !== "" && !rest.startsWith("#")) {
      throw new TextProblem(`invalid document separator: only a comment may follow ---`, line + 3);
    }
    chunks.push({ start, end: line });
    start = end;
  }
  chunks.push({ start, end: text.length });
  return chunks;
}

function nextLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end + 1;
}

/** From this length on a document is taken for a dump: nobody writes one by hand. */
const DUMP_LENGTH = 100_000;

/** Reads one document of a stream; null when it holds nothing but comments. Throws `TextProblem`. */
export function readYamlDocument(text: string, chunk: Chunk, lines: Lines): SourceObject | null {
  const source = text.slice(chunk.start, chunk.end);
  if (!/^[ \t]*[^#\s%]/m.test(source)) return null;
  const dump = source.length < DUMP_LENGTH ? null : readDumpYaml(source);
  if (dump !== null) return dumpSource(source, dump, { base: chunk.start, lines });
  const [document] = parse(source, chunk.start);
  if (document === undefined || isNothing(document)) return null;
  return sourceOf(document, { root: document, base: chunk.start, lines });
}

function parse(source: string, base: number): readonly Node[] {
  try {
    const documents = parseAllDocuments(source, {
      version: "1.1",
      schema: "failsafe",
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: "silent",
    });
    const nodes: Node[] = [];
    for (const document of documents) {
      const problem = document.errors[0];
      if (problem !== undefined) throw new TextProblem(wordsOf(problem), base + problem.pos[0]);
      if (document.contents !== null) nodes.push(document.contents);
    }
    return nodes;
  } catch (problem) {
    if (problem instanceof RangeError) throw new TextProblem("nested too deeply", base);
    throw problem;
  }
}

function isNothing(node: Node): boolean {
  return isScalar(node) && node.value === "" && node.type === "PLAIN" && node.tag === undefined;
}

type Placed = { readonly base: number; readonly lines: Lines };

/**
 * A dump that was read without the yaml package. Places are found by that package all the same, when they are asked
 * for, in the lines of the one element that they are asked of.
 */
function dumpSource(source: string, dump: Dump, { base, lines }: Placed): SourceObject {
  const whole = () => readPart(source, base, lines);
  return {
    value: dump.value,
    position: lines(base + Math.max(0, source.search(/^[^#\s]/m))),
    positions: () => whole().positions(),
    duplicates: () => [],
    elements: (key) => (key === "items" ? itemSources(source, dump, { base, lines }) : whole().elements(key)),
  };
}

function itemSources(source: string, dump: Dump, { base, lines }: Placed): readonly SourceObject[] {
  const list = valueAt(dump.value, "items");
  if (!Array.isArray(list)) return [];
  return list.map((value: Json, index): SourceObject => {
    const { start, end } = dump.items[index] ?? { start: 0, end: 0 };
    const part = () => readPart(source.slice(start, end), base + start, lines).elements("")[0];
    const content = /^ *- */.exec(source.slice(start, start + 200))?.[0].length ?? 0;
    return {
      value,
      position: lines(base + start + content),
      positions: () => part()?.positions() ?? {},
      duplicates: () => [],
      elements: (key) => part()?.elements(key) ?? [],
    };
  });
}

function readPart(source: string, base: number, lines: Lines): SourceObject {
  const [node] = parse(source, base);
  if (node === undefined) throw new Error("a dump's element is empty");
  return sourceOf(node, { root: node, base, lines });
}

type Within = { readonly root: Node; readonly base: number; readonly lines: Lines };

function sourceOf(node: Node, within: Within): SourceObject {
  const { root, base, lines } = within;
  const duplicates: { readonly key: string; readonly offset: number }[] = [];
  const value = shifted(base, () => yamlValue(node, root, { offsets: null, duplicates }));
  const at = (offset: number) => lines(base + offset);
  return {
    value,
    position: at(offsetOf(node)),
    positions: () => {
      const offsets: Record<string, number> = {};
      yamlValue(node, root, { offsets, duplicates: [] });
      return Object.fromEntries(Object.entries(offsets).map(([path, offset]) => [path, at(offset)]));
    },
    duplicates: () => duplicates.map(({ key, offset }): DuplicateKey => ({ key, position: at(offset) })),
    elements: (key) => elementsOf(node, key).map((element) => sourceOf(element, within)),
  };
}

function elementsOf(node: Node, key: string): readonly Node[] {
  const list = key === "" ? node : isMap(node) ? node.get(key, true) : null;
  if (!isSeq(list)) return [];
  return list.items.map(asNode).filter((item) => item !== null);
}

/** Problems inside a document are told with offsets into the whole text. */
function shifted<T>(base: number, read: () => T): T {
  try {
    return read();
  } catch (problem) {
    if (problem instanceof TextProblem) throw new TextProblem(problem.message, base + problem.offset);
    if (problem instanceof RangeError) throw new TextProblem("nested too deeply", base);
    throw problem;
  }
}

function wordsOf({ code, message }: YAMLError): string {
  if (code === "RESOURCE_EXHAUSTION" || message.includes("call stack")) return "nested too deeply";
  return message.charAt(0).toLowerCase() + message.slice(1);
}
