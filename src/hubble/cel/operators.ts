import type { CelProgram, CelScope } from "./compile.ts";
import { CelRuntimeError } from "./error.ts";
import { areComparable, BOOL, type CelType, DURATION, isAssignable, TIMESTAMP } from "./types.ts";
import { type CelValue, compareValues, isEqual, isList } from "./value.ts";

/** `==`, `!=`; null when the types cannot be compared. */
export function equality(operator: "==" | "!=", left: CelProgram, right: CelProgram): CelProgram | null {
  if (!areComparable(left.type, right.type)) return null;
  const wanted = operator === "==";
  return { type: BOOL, run: (scope) => isEqual(left.run(scope), right.run(scope)) === wanted };
}

/** `in` a list. */
export function membership(left: CelProgram, right: CelProgram): CelProgram | null {
  if (right.type.kind !== "list" || !areComparable(right.type.of, left.type)) return null;
  return {
    type: BOOL,
    run: (scope) => {
      const value = left.run(scope);
      const list = right.run(scope);
      return isList(list) && list.some((one) => isEqual(one, value));
    },
  };
}

const ORDERED = new Set(["bool", "int", "uint", "double", "string", "timestamp", "duration", "dyn"]);
const ORDERS: Readonly<Record<string, (order: number) => boolean>> = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

/** The type without a wrapper. */
function bare(type: CelType): CelType {
  return type.kind === "wrapper" ? type.of : type;
}

/** `<` and its like; null for other operators and other types. */
export function comparison(operator: string, left: CelProgram, right: CelProgram): CelProgram | null {
  const holds = ORDERS[operator];
  const types = [bare(left.type), bare(right.type)];
  const isOrdered = types.every((type) => ORDERED.has(type.kind)) && areComparable(left.type, right.type);
  if (holds === undefined || !isOrdered) return null;
  return {
    type: BOOL,
    run: (scope) => {
      const order = compareValues(left.run(scope), right.run(scope));
      if (order === null) throw new CelRuntimeError("no such overload");
      return holds(order);
    },
  };
}

/** `+ - * / %`; null where the types do not fit. */
export function arithmetic(operator: string, left: CelProgram, right: CelProgram): CelProgram | null {
  const type = resultType(operator, bare(left.type), bare(right.type));
  if (type === null) return null;
  return { type, run: (scope: CelScope) => result(operator, type, [left.run(scope), right.run(scope)]) };
}

function resultType(operator: string, left: CelType, right: CelType): CelType | null {
  const pair = `${left.kind}${operator}${right.kind}`;
  if (/^(timestamp\+duration|duration\+timestamp|timestamp-duration)$/.test(pair)) return TIMESTAMP;
  if (/^(timestamp-timestamp|duration[-+]duration)$/.test(pair)) return DURATION;
  if (!isAssignable(left, right)) return null;
  const kinds =
    operator === "+"
      ? /^(int|uint|double|string|list|dyn)$/
      : operator === "%"
        ? /^(int|uint|dyn)$/
        : /^(int|uint|double|dyn)$/;
  return kinds.test(left.kind) ? left : null;
}

function result(operator: string, type: CelType, [a, b]: readonly [CelValue, CelValue]): CelValue {
  if (typeof a === "string" && typeof b === "string") return a + b;
  if (isList(a) && isList(b)) return [...a, ...b];
  if (typeof a === "number" && typeof b === "number") return doubleResult(operator, a, b);
  if (typeof a === "bigint" && typeof b === "bigint") return integerResult(operator, type, [a, b]);
  if (a !== null && b !== null && typeof a === "object" && typeof b === "object" && "nanos" in a && "nanos" in b) {
    const nanos = operator === "+" ? a.nanos + b.nanos : a.nanos - b.nanos;
    return { kind: type.kind === "timestamp" ? "timestamp" : "duration", nanos };
  }
  throw new CelRuntimeError("no such overload");
}

function doubleResult(operator: string, a: number, b: number): number {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    default:
      return a / b;
  }
}

function integerResult(operator: string, type: CelType, [a, b]: readonly [bigint, bigint]): bigint {
  if (b === 0n && operator === "/") throw new CelRuntimeError("division by zero");
  if (b === 0n && operator === "%") throw new CelRuntimeError("modulus by zero");
  const value =
    operator === "+" ? a + b : operator === "-" ? a - b : operator === "*" ? a * b : operator === "/" ? a / b : a % b;
  const isUnsigned = type.kind === "uint";
  const fits = isUnsigned ? value >= 0n && value >> 64n === 0n : value >= -(1n << 63n) && value < 1n << 63n;
  if (!fits) throw new CelRuntimeError(isUnsigned ? "unsigned integer overflow" : "integer overflow");
  return value;
}
