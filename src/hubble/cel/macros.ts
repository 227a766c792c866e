import { descriptorOf } from "../schema.ts";
import type { CelProgram, CelScope, CelTypes } from "./compile.ts";
import { CelError, CelRuntimeError } from "./error.ts";
import type { CelNode } from "./parser.ts";
import { BOOL, type CelType, isAssignable, typeText } from "./types.ts";
import { type CelValue, isList } from "./value.ts";

type Call = Extract<CelNode, { readonly kind: "call" }>;
type Compile = (node: CelNode, types: CelTypes) => CelProgram;

/** `has(a.b)`, and `exists`, `all`, `exists_one`, `filter`, `map` of lists; null for another call. */
export function macroOf(node: Call, types: CelTypes, compile: Compile): CelProgram | null {
  const { name, target, args } = node;
  if (target === null) return name === "has" && args.length === 1 ? presence(node, types, compile) : null;
  const isMacro = ["exists", "all", "exists_one", "existsOne", "filter", "map"].includes(name);
  return isMacro && args.length >= 2 ? comprehension(node, types, compile) : null;
}

function presence({ args: [path], at }: Call, types: CelTypes, compile: Compile): CelProgram {
  if (path?.kind !== "select") throw new CelError("invalid argument to has() macro", at);
  const { from, field: name } = path;
  const program = compile(from, types);
  if (program.type.kind !== "message") {
    throw new CelError(`type '${typeText(program.type)}' does not support field selection`, path.at);
  }
  const field = descriptorOf(program.type.name).fields.find((one) => one.name === name);
  if (field === undefined) throw new CelError(`undefined field '${name}'`, path.at);
  return {
    type: BOOL,
    run: (scope) => {
      const value = program.run(scope);
      const isMessage = value !== null && typeof value === "object" && !isList(value) && value.kind === "message";
      return isMessage && value.value[name] !== undefined;
    },
  };
}

function comprehension({ name, target, args, at }: Call, types: CelTypes, compile: Compile): CelProgram {
  const [variable, first, second] = args;
  const list = target === null ? null : compile(target, types);
  if (variable?.kind !== "name" || first === undefined || list === null) {
    throw new CelError("argument must be a simple name", variable?.at ?? at);
  }
  if (list.type.kind !== "list") {
    throw new CelError(
      `expression of type '${typeText(list.type)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
      at,
    );
  }
  const inner = { name: variable.name, type: list.type.of, outer: types };
  const test = name === "map" && second === undefined ? null : compile(first, inner);
  const made = name === "map" ? compile(second ?? first, inner) : null;
  if (test !== null && !isAssignable(BOOL, test.type)) {
    throw new CelError(`expected type 'bool' but found '${typeText(test.type)}'`, first.at);
  }
  const type: CelType = made !== null ? { kind: "list", of: made.type } : name === "filter" ? list.type : BOOL;
  const scopeOf = (scope: CelScope, value: CelValue) => ({ name: variable.name, value, outer: scope });
  return {
    type,
    run: (scope) => {
      const values = list.run(scope);
      if (!isList(values)) throw new CelRuntimeError("no such overload");
      const holds = (value: CelValue) => test === null || test.run(scopeOf(scope, value)) === true;
      if (made !== null) return values.filter(holds).map((value) => made.run(scopeOf(scope, value)));
      if (name === "filter") return values.filter(holds);
      if (name === "exists") return anyOf(values, holds);
      if (name === "all") return !anyOf(values, (value) => !holds(value));
      return values.filter(holds).length === 1;
    },
  };
}

/** One that holds is enough, whatever becomes of the others. */
function anyOf(values: readonly CelValue[], holds: (value: CelValue) => boolean): boolean {
  let failure: CelRuntimeError | null = null;
  for (const value of values) {
    try {
      if (holds(value)) return true;
    } catch (error) {
      if (!(error instanceof CelRuntimeError)) throw error;
      failure ??= error;
    }
  }
  if (failure !== null) throw failure;
  return false;
}
