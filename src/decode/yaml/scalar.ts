/** What a scalar says: its value, or why kubectl would refuse it. */
export type ScalarReading = { readonly value: null | boolean | number | string } | { readonly problem: string };

const WORDS: ReadonlyMap<string, null | boolean> = new Map(
  (
    [
      [true, "y Y yes Yes YES true True TRUE on On ON"],
      [false, "n N no No NO false False FALSE off Off OFF"],
      [null, "~ null Null NULL"],
    ] as const
  ).flatMap(([value, words]) => words.split(" ").map((word) => [word, value] as const)),
);

const NOT_A_NUMBER = new Set([".nan", ".NaN", ".NAN"]);
const INFINITE = /^[-+]?\.(inf|Inf|INF)$/;
const DECIMAL_FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const DOT_FLOAT = /^\.[0-9](_?[0-9])*([eE][-+]?[0-9](_?[0-9])*)?$/;

/**
 * Reads a plain (unquoted) scalar as kubectl does: YAML 1.1 by go-yaml v2, which is neither 1.1 nor 1.2 to the letter
 * (`y` and `n` are booleans, `08` is 8, `0o10` is 8, sexagesimals and dates stay strings, `1e400` is a string).
 * Upstream: go.yaml.in/yaml/v2 resolve.go resolve, through sigs.k8s.io/yaml.
 */
export function readPlainScalar(text: string): null | boolean | number | string {
  if (text === "") return null;
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (NOT_A_NUMBER.has(text)) return Number.NaN;
  if (INFINITE.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return readNumber(text) ?? text;
}

/**
 * Reads a scalar with its tag. `tag` is null when there is none; `plain` is false for quoted and block scalars.
 * Unknown tags leave the text as it is; `!!int foo` and the like are problems, as they are for kubectl.
 */
export function readScalar(text: string, tag: string | null, plain: boolean): ScalarReading {
  const short = tag === null ? null : tag.replace(/^tag:yaml\.org,2002:/, "!!");
  if (short === null) return { value: plain ? readPlainScalar(text) : text };
  switch (short) {
    case "!!str":
    case "!":
    case "!!timestamp":
      return { value: text };
    case "!!null":
      return readTagged(text, "null", (value) => value === null);
    case "!!bool":
      return readTagged(text, "bool", (value) => typeof value === "boolean");
    case "!!int":
      return readTagged(text, "int", (value) => typeof value === "number" && isInteger(text));
    case "!!float":
      return readTagged(text, "float", (value) => typeof value === "number");
    case "!!binary":
      return readBase64(text);
    default:
      return { value: text };
  }
}

function readTagged(
  text: string,
  tag: string,
  fits: (value: null | boolean | number | string) => boolean,
): ScalarReading {
  const value = readPlainScalar(text);
  return fits(value) ? { value } : { problem: `cannot read \`${text}\` as ${tag}` };
}

function readNumber(text: string): number | null {
  if (text.startsWith(".")) {
    return DOT_FLOAT.test(text) ? finite(Number(text.replaceAll("_", ""))) : null;
  }
  if (!/^[-+0-9]/.test(text)) return null;
  const digits = text.replaceAll("_", "");
  const whole = readInteger(digits);
  if (whole !== null) return whole;
  return DECIMAL_FLOAT.test(digits) ? finite(Number(digits)) : null;
}

const INTEGER = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]([0-7]+)|0([0-7]+)|(0|[1-9][0-9]*))$/;
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

/** Go's strconv.ParseInt with base 0, else ParseUint: what does not fit in 64 bits is no integer. */
function readInteger(digits: string): number | null {
  const match = INTEGER.exec(digits);
  if (match === null) return null;
  const [, sign, hex, binary, octal, oldOctal, decimal] = match;
  const eight = octal ?? oldOctal;
  const text =
    hex !== undefined
      ? `0x${hex}`
      : binary !== undefined
        ? `0b${binary}`
        : eight !== undefined
          ? `0o${eight}`
          : decimal;
  if (text === undefined) return null;
  const size = BigInt(text);
  const value = sign === "-" ? -size : size;
  if (value < INT64_MIN || value > UINT64_MAX) return null;
  if (sign === "+" && value >= 2n ** 63n) return null;
  return Number(value);
}

function isInteger(text: string): boolean {
  return /^[-+0-9]/.test(text) && readInteger(text.replaceAll("_", "")) !== null;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function readBase64(text: string): ScalarReading {
  try {
    const bytes = Uint8Array.from(atob(text.replace(/\s/g, "")), (character) => character.charCodeAt(0));
    return { value: new TextDecoder().decode(bytes) };
  } catch {
    return { problem: "!!binary value contains invalid base64 data" };
  }
}

/**
 * The text of a mapping key as sigs.k8s.io/yaml writes it into JSON (`yes: 1` has the key "true", `1.0: 1` the key
 * "1"), or null where it refuses the key (null keys, integers beyond 64 bits signed).
 * Upstream: sigs.k8s.io/yaml convertToJSONableObject (floats are written with 32 bits, as it does).
 */
export function keyText(text: string, value: null | boolean | number | string): string | null {
  if (value === null) return null;
  if (typeof value !== "number") return String(value);
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value > 0 ? ".inf" : "-.inf";
  const whole = readIntegerExactly(text);
  if (whole !== null) return whole < 2n ** 63n ? String(whole) : null;
  return goFloat32(value);
}

function readIntegerExactly(text: string): bigint | null {
  const digits = text.replaceAll("_", "");
  const match = INTEGER.exec(digits);
  if (match === null || readInteger(digits) === null) return null;
  const size = BigInt((match[5] === undefined ? digits : `0o${match[5]}`).replace(/^[-+]/, ""));
  return match[1] === "-" ? -size : size;
}

/** Go's strconv.FormatFloat(value, 'g', -1, 32). */
function goFloat32(value: number): string {
  const target = Math.fround(value);
  let text = target.toExponential();
  for (let precision = 0; precision < 9; precision++) {
    const attempt = target.toExponential(precision);
    if (Math.fround(Number(attempt)) === target) {
      text = attempt;
      break;
    }
  }
  const [mantissa = "0", power = "0"] = text.split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return String(Number(text));
  const size = String(Math.abs(exponent)).padStart(2, "0");
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${size}`;
}
