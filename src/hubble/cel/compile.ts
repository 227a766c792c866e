import { descriptorOf, enumOf } from "../schema.ts";
import { ENUM_VALUES } from "../schema.table.ts";
import { CelError, CelRuntimeError } from "./error.ts";
import { callOf } from "./functions.ts";
import { macroOf } from "./macros.ts";
import { arithmetic, comparison, equality, membership } from "./operators.ts";
import { type CelNode, parseCel } from "./parser.ts";
import {
  areComparable,
  BOOL,
  type CelType,
  DOUBLE,
  DYN,
  fieldType,
  INT,
  isAssignable,
  NULL,
  STRING,
  typeText,
  UINT,
} from "./types.ts";
import { type CelValue, fieldValue, isList } from "./value.ts";

/** The variables while an expression is run. */
export type CelScope = { readonly name: string; readonly value: CelValue; readonly outer: CelScope | null };
/** An expression with its type. Running it throws CelRuntimeError. */
export type CelProgram = { readonly type: CelType; readonly run: (scope: CelScope) => CelValue };
/** The variables while an expression is compiled. */
export type CelTypes = { readonly name: string; readonly type: CelType; readonly outer: CelTypes | null };

const FLOW: CelTypes = { name: "_flow", type: { kind: "message", name: "Flow" }, outer: null };

/** Compiles an expression over `_flow`, a Flow, in the container `flow`. Throws CelError. Upstream: pkg/hubble/filters/cel_expression.go. */
export function compileCel(expression: string): CelProgram {
  return compile(parseCel(expression), FLOW);
}

/** Compiles a node; `types` are the variables it may name. */
export function compile(node: CelNode, types: CelTypes): CelProgram {
  switch (node.kind) {
    case "literal":
      return literal(node.token);
    case "constant":
      return { type: node.value === null ? NULL : BOOL, run: () => node.value };
    case "name":
      return variable(node, types);
    case "select":
      return enumConstant(node) ?? select(node, types);
    case "index":
      return index(node, types);
    case "list":
      return list(node.items.map((item) => compile(item, types)));
    case "call":
      return macroOf(node, types, compile) ?? callOf(node, types, compile);
    case "unary":
      return unary(node, compile(node.operand, types));
    case "binary":
      return binary(node, compile(node.left, types), compile(node.right, types));
    case "choice":
      return choice(node, types);
  }
}

type NodeOf<K extends CelNode["kind"]> = Extract<CelNode, { readonly kind: K }>;

function literal(token: NodeOf<"literal">["token"]): CelProgram {
  switch (token.kind) {
    case "int":
      if (token.value >> 63n !== 0n) throw new CelError("invalid int literal", token.at);
      return { type: INT, run: () => token.value };
    case "uint":
      return { type: UINT, run: () => token.value };
    case "double":
      return { type: DOUBLE, run: () => token.value };
    case "string":
      return { type: STRING, run: () => token.value };
    default:
      throw new CelError(`Syntax error: mismatched input '${token.text}'`, token.at);
  }
}

function variable({ name, at }: NodeOf<"name">, types: CelTypes): CelProgram {
  for (let one: CelTypes | null = types; one !== null; one = one.outer) {
    if (one.name === name) return { type: one.type, run: (scope) => valueOf(scope, name) };
  }
  throw new CelError(`undeclared reference to '${name}' (in container 'flow')`, at);
}

function valueOf(scope: CelScope, name: string): CelValue {
  for (let one: CelScope | null = scope; one !== null; one = one.outer) if (one.name === name) return one.value;
  throw new CelRuntimeError(`no such attribute(s): ${name}`);
}

/** `Verdict.DROPPED`, `flow.Verdict.DROPPED`. */
function enumConstant({ from, field }: NodeOf<"select">): CelProgram | null {
  const name = pathOf(from)?.replace(/^flow\./, "");
  if (name === undefined || ENUM_VALUES[name] === undefined) return null;
  const number = enumOf(name).numbers.get(field);
  return number === undefined ? null : { type: INT, run: () => BigInt(number) };
}

function pathOf(node: CelNode): string | undefined {
  if (node.kind === "name") return node.name;
  const from = node.kind === "select" ? pathOf(node.from) : undefined;
  return node.kind === "select" && from !== undefined ? `${from}.${node.field}` : undefined;
}

function select({ from, field: name, at }: NodeOf<"select">, types: CelTypes): CelProgram {
  const program = compile(from, types);
  if (program.type.kind !== "message") {
    throw new CelError(`type '${typeText(program.type)}' does not support field selection`, at);
  }
  const field = descriptorOf(program.type.name).fields.find((one) => one.name === name);
  if (field === undefined) throw new CelError(`undefined field '${name}'`, at);
  return {
    type: fieldType(field),
    run: (scope) => {
      const value = program.run(scope);
      if (value === null || typeof value !== "object" || isList(value) || value.kind !== "message") throw noOverload();
      return fieldValue(value.value, field);
    },
  };
}

export function noOverload(): CelRuntimeError {
  return new CelRuntimeError("no such overload");
}

function index({ from, index: at, ...node }: NodeOf<"index">, types: CelTypes): CelProgram {
  const target = compile(from, types);
  const key = compile(at, types);
  if (target.type.kind !== "list" || !isAssignable(INT, key.type)) throw noMatch("_[_]", [target, key], node.at);
  return {
    type: target.type.of,
    run: (scope) => {
      const list = target.run(scope);
      const position = key.run(scope);
      const value = isList(list) ? list[Number(position)] : undefined;
      if (value === undefined) throw new CelRuntimeError(`index out of bounds: ${String(position)}`);
      return value;
    },
  };
}

function list(items: readonly CelProgram[]): CelProgram {
  const [first, ...rest] = items;
  const of = first === undefined ? DYN : rest.every((one) => areComparable(first.type, one.type)) ? first.type : DYN;
  return { type: { kind: "list", of }, run: (scope) => items.map((item) => item.run(scope)) };
}

function unary({ operator, at }: NodeOf<"unary">, operand: CelProgram): CelProgram {
  const isNot = operator === "!";
  const fits = isNot
    ? isAssignable(BOOL, operand.type)
    : [INT, DOUBLE].some((type) => isAssignable(type, operand.type));
  if (!fits) throw noMatch(isNot ? "!_" : "-_", [operand], at);
  return {
    type: isNot ? BOOL : operand.type,
    run: (scope) => {
      const value = operand.run(scope);
      if (isNot && typeof value === "boolean") return !value;
      if (!isNot && (typeof value === "bigint" || typeof value === "number")) return -value;
      throw noOverload();
    },
  };
}

function binary(node: NodeOf<"binary">, left: CelProgram, right: CelProgram): CelProgram {
  const { operator } = node;
  const found =
    operator === "&&" || operator === "||"
      ? logical(operator, left, right)
      : operator === "==" || operator === "!="
        ? equality(operator, left, right)
        : operator === "in"
          ? membership(left, right)
          : (comparison(operator, left, right) ?? arithmetic(operator, left, right));
  if (found === null) throw noMatch(operator === "in" ? "@in" : `_${operator}_`, [left, right], node.at);
  return found;
}

/** Either side alone may decide, whatever becomes of the other. */
function logical(operator: "&&" | "||", left: CelProgram, right: CelProgram): CelProgram | null {
  if (!isAssignable(BOOL, left.type) || !isAssignable(BOOL, right.type)) return null;
  const decides = operator === "||";
  const attempt = (program: CelProgram, scope: CelScope) => {
    try {
      const value = program.run(scope);
      return typeof value === "boolean" ? value : noOverload();
    } catch (error) {
      if (error instanceof CelRuntimeError) return error;
      throw error;
    }
  };
  return {
    type: BOOL,
    run: (scope) => {
      const first = attempt(left, scope);
      if (first === decides) return decides;
      const second = attempt(right, scope);
      if (second === decides) return decides;
      if (typeof first !== "boolean") throw first;
      if (typeof second !== "boolean") throw second;
      return !decides;
    },
  };
}

function choice(node: NodeOf<"choice">, types: CelTypes): CelProgram {
  const test = compile(node.test, types);
  const yes = compile(node.yes, types);
  const no = compile(node.no, types);
  if (!isAssignable(BOOL, test.type) || !areComparable(yes.type, no.type))
    throw noMatch("_?_:_", [test, yes, no], node.at);
  return {
    type: yes.type.kind === "null" ? no.type : yes.type,
    run: (scope) => {
      const value = test.run(scope);
      if (typeof value !== "boolean") throw noOverload();
      return value ? yes.run(scope) : no.run(scope);
    },
  };
}

export function noMatch(name: string, args: readonly CelProgram[], at: number): CelError {
  const types = args.map((arg) => typeText(arg.type)).join(", ");
  return new CelError(`found no matching overload for '${name}' applied to '(${types})'`, at);
}
