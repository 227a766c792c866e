import { FilterError } from "../filters/filter.ts";
import { regexpMatcher } from "../filters/regexp.ts";
import { parseDuration } from "../flags/moment-value.ts";
import { parseRfc3339 } from "../go-time.ts";
import type { CelProgram, CelTypes } from "./compile.ts";
import { CelError, CelRuntimeError } from "./error.ts";
import { type CelNode, unknown } from "./parser.ts";
import {
  BOOL,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  isAssignable,
  STRING,
  TIMESTAMP,
  typeText,
  UINT,
} from "./types.ts";
import { type CelValue, isList } from "./value.ts";

type Call = Extract<CelNode, { readonly kind: "call" }>;
type Compile = (node: CelNode, types: CelTypes) => CelProgram;

type CelFunction = {
  /** The types of its arguments, that on which it is called first; alternatives of each. */
  readonly takes: readonly (readonly CelType["kind"][])[];
  readonly gives: CelType;
  readonly isMethod: boolean;
  readonly isFunction: boolean;
  readonly run: (values: readonly CelValue[]) => CelValue;
};

function method(gives: CelType, test: (text: string, other: string) => CelValue): CelFunction {
  const run = ([text, other]: readonly CelValue[]) => {
    if (typeof text !== "string" || typeof other !== "string") throw new CelRuntimeError("no such overload");
    return test(text, other);
  };
  return { takes: [["string"], ["string"]], gives, isMethod: true, isFunction: false, run };
}

function conversion(
  gives: CelType,
  takes: readonly CelType["kind"][],
  run: (value: CelValue) => CelValue,
): CelFunction {
  return { takes: [takes], gives, isMethod: false, isFunction: true, run: ([value = null]) => run(value) };
}

const FUNCTIONS: Readonly<Record<string, CelFunction>> = {
  size: {
    takes: [["string", "list"]],
    gives: INT,
    isMethod: true,
    isFunction: true,
    run: ([value = null]) => sizeOf(value),
  },
  contains: method(BOOL, (text, other) => text.includes(other)),
  startsWith: method(BOOL, (text, other) => text.startsWith(other)),
  endsWith: method(BOOL, (text, other) => text.endsWith(other)),
  matches: { ...method(BOOL, matches), isFunction: true },
  int: conversion(INT, ["int", "uint", "double", "string", "timestamp"], toInt),
  uint: conversion(UINT, ["int", "uint", "double", "string"], toUint),
  double: conversion(DOUBLE, ["int", "uint", "double", "string"], (value) => Number(value)),
  string: conversion(STRING, ["string", "int", "uint", "double", "bool"], (value) => String(value)),
  bool: conversion(BOOL, ["bool", "string"], toBool),
  timestamp: conversion(TIMESTAMP, ["string", "timestamp"], toTimestamp),
  duration: conversion(DURATION, ["string", "duration"], toDuration),
  dyn: conversion(DYN, ["dyn"], (value) => value),
};
/** Functions of CEL that are left out. */
const LEFT_OUT = /^(type|bytes|get[A-Z]\w*|charAt|split|replace|join|format)$/;

/** A call of a function; throws CelError for one that is not known or does not fit. */
export function callOf(node: Call, types: CelTypes, compile: Compile): CelProgram {
  const { name, target, at } = node;
  const args = [...(target === null ? [] : [target]), ...node.args].map((arg) => compile(arg, types));
  const found = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (found === undefined) {
    if (LEFT_OUT.test(name)) throw unknown(`the function ${name}`, at);
    throw new CelError(`undeclared reference to '${name}' (in container 'flow')`, at);
  }
  const isKnown = target === null ? found.isFunction : found.isMethod;
  if (!isKnown || !fits(found, args)) {
    const kinds = args.map((arg) => typeText(arg.type));
    const text = target === null ? `(${kinds.join(", ")})` : `${kinds[0]}.(${kinds.slice(1).join(", ")})`;
    throw new CelError(`found no matching overload for '${name}' applied to '${text}'`, at);
  }
  return { type: found.gives, run: (scope) => found.run(args.map((arg) => arg.run(scope))) };
}

function fits({ takes }: CelFunction, args: readonly CelProgram[]): boolean {
  if (args.length !== takes.length) return false;
  return takes.every((kinds, index) => {
    const given = args[index]?.type ?? DYN;
    if (kinds.includes("dyn") || given.kind === "dyn") return true;
    if (given.kind === "list") return kinds.includes("list");
    return [INT, UINT, DOUBLE, STRING, BOOL, TIMESTAMP, DURATION].some(
      (type) => kinds.includes(type.kind) && isAssignable(type, given),
    );
  });
}

function sizeOf(value: CelValue): bigint {
  if (typeof value === "string") return BigInt([...value].length);
  if (isList(value)) return BigInt(value.length);
  throw new CelRuntimeError("no such overload");
}

const patterns = new Map<string, (text: string) => boolean>();

function matches(text: string, pattern: string): boolean {
  const known = patterns.get(pattern);
  if (known !== undefined) return known(text);
  try {
    const matcher = regexpMatcher(pattern);
    // Patterns are mostly written out; those that a flow tells are not kept for ever.
    if (patterns.size > 64) patterns.clear();
    patterns.set(pattern, matcher);
    return matcher(text);
  } catch (error) {
    if (error instanceof FilterError) throw new CelRuntimeError(error.message);
    throw error;
  }
}

function toInt(value: CelValue): bigint {
  const number = wholeOf(value);
  if (number < -(1n << 63n) || number >= 1n << 63n) throw new CelRuntimeError("integer overflow");
  return number;
}

function toUint(value: CelValue): bigint {
  const number = wholeOf(value);
  if (number < 0n || number >> 64n !== 0n) throw new CelRuntimeError("unsigned integer overflow");
  return number;
}

function wholeOf(value: CelValue): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isFinite(value)) return BigInt(Math.trunc(value));
  if (typeof value === "string" && /^[-+]?\d+$/.test(value)) return BigInt(value.replace("+", ""));
  if (value !== null && typeof value === "object" && !isList(value) && value.kind === "timestamp") {
    return value.nanos / 1_000_000_000n;
  }
  throw new CelRuntimeError("type conversion error");
}

function toBool(value: CelValue): boolean {
  if (typeof value === "boolean") return value;
  if (value === "true" || value === "True" || value === "TRUE" || value === "t" || value === "1") return true;
  if (value === "false" || value === "False" || value === "FALSE" || value === "f" || value === "0") return false;
  throw new CelRuntimeError("type conversion error");
}

function toTimestamp(value: CelValue): CelValue {
  const moment = typeof value === "string" ? parseRfc3339(value) : null;
  if (moment !== null)
    return { kind: "timestamp", nanos: BigInt(moment.seconds) * 1_000_000_000n + BigInt(moment.nanos) };
  if (value !== null && typeof value === "object") return value;
  throw new CelRuntimeError(`invalid timestamp ${JSON.stringify(String(value))}`);
}

function toDuration(value: CelValue): CelValue {
  const nanos = typeof value === "string" ? parseDuration(value) : null;
  if (nanos !== null) return { kind: "duration", nanos };
  if (value !== null && typeof value === "object") return value;
  throw new CelRuntimeError(`invalid duration ${JSON.stringify(String(value))}`);
}
