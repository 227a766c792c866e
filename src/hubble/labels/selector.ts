import { quote } from "#engine/validate/go-text.ts";
import { labelKeyErrors, labelValueErrors } from "#engine/validate/label-syntax.ts";
import { FilterError } from "../filters/filter.ts";
import { lexSelector, type Token } from "./lexer.ts";

export type Operator = "in" | "notin" | "=" | "==" | "!=" | "gt" | "lt" | "exists" | "!";

/** One requirement of a label selector: its key still has its source in front (`k8s.app`). */
export type Requirement = { readonly key: string; readonly operator: Operator; readonly values: readonly string[] };

const OPERATORS: Readonly<Record<string, Operator>> = {
  in: "in",
  notin: "notin",
  "=": "=",
  "==": "==",
  "!=": "!=",
  ">": "gt",
  "<": "lt",
};
/** As the module version of the hubble CLI words it. */
const WORDING = { labelKeyNoun: "a valid label key", lengthUnit: "bytes" } as const;

/** Upstream: pkg/k8s/slim/k8s/apis/labels Parse. Throws FilterError with its texts. */
export function parseSelector(text: string): readonly Requirement[] {
  return new SelectorParser(lexSelector(text)).parse();
}

class SelectorParser {
  private readonly tokens: readonly Token[];
  private at = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  parse(): readonly Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      const token = this.peek();
      if (token.kind === "end") return requirements;
      if (!startsRequirement(token)) throw found(token, "!, identifier, or 'end of string'");
      requirements.push(this.requirement());
      const next = this.take();
      if (next.kind === "end") return requirements;
      if (!isSymbol(next, ",")) throw found(next, "',' or 'end of string'");
      if (!startsRequirement(this.peek())) throw found(this.peek(), "identifier after ','");
    }
  }

  private requirement(): Requirement {
    try {
      return checked(this.bareRequirement());
    } catch (error) {
      throw error instanceof FilterError ? new FilterError(`unable to parse requirement: ${error.message}`) : error;
    }
  }

  private bareRequirement(): Requirement {
    const isNegated = isSymbol(this.peek(), "!");
    if (isNegated) this.at++;
    const { kind, text: key } = this.take();
    if (kind !== "identifier" && kind !== "word") throw found({ kind, text: key }, "identifier");
    const errors = labelKeyErrors(key, WORDING);
    if (errors.length > 0) throw new FilterError(`<nil>: Invalid value: ${quote(key)}: ${errors.join("; ")}`);
    if (isNegated) return { key, operator: "!", values: [] };
    const next = this.peek();
    if (next.kind === "end" || isSymbol(next, ",")) return { key, operator: "exists", values: [] };
    const operator = this.operator();
    return { key, operator, values: operator === "in" || operator === "notin" ? this.values() : this.exactValue() };
  }

  private operator(): Operator {
    const token = this.take();
    const operator = token.kind === "symbol" || token.kind === "word" ? OPERATORS[token.text] : undefined;
    if (operator === undefined) throw found(token, "in, notin, =, ==, !=, gt, lt");
    return operator;
  }

  private values(): readonly string[] {
    const open = this.take();
    if (!isSymbol(open, "(")) throw new FilterError(`found '${open.text}' expected: '('`);
    const first = this.peek();
    if (isSymbol(first, ")")) {
      this.at++;
      return [""];
    }
    if (!isIdentifier(first) && !isSymbol(first, ",")) throw found(first, "',', ')' or identifier");
    const values = this.identifiers();
    if (!isSymbol(this.take(), ")")) throw found(first, "')'");
    return [...values].sort();
  }

  /** Comma separated, possibly empty ones. */
  private identifiers(): ReadonlySet<string> {
    const values = new Set<string>();
    for (;;) {
      const token = this.take();
      const next = this.peek();
      if (isIdentifier(token)) {
        values.add(token.text);
        if (isSymbol(next, ")")) return values;
        if (!isSymbol(next, ",")) throw found(next, "',' or ')'");
      } else if (isSymbol(token, ",")) {
        if (values.size === 0 || isSymbol(next, ",")) values.add("");
        if (isSymbol(next, ")")) return values.add("");
      } else throw found(token, "',', or identifier");
    }
  }

  private exactValue(): readonly string[] {
    const token = this.peek();
    if (token.kind === "end" || isSymbol(token, ",")) return [""];
    this.at++;
    if (!isIdentifier(token)) throw found(token, "identifier");
    return [token.text];
  }

  private peek(): Token {
    return this.tokens[this.at] ?? { kind: "end", text: "" };
  }

  private take(): Token {
    const token = this.peek();
    this.at++;
    return token;
  }
}

function isSymbol(token: Token, text: string): boolean {
  return token.kind === "symbol" && token.text === text;
}

function isIdentifier({ kind }: Token): boolean {
  return kind === "identifier" || kind === "word";
}

function startsRequirement(token: Token): boolean {
  return isIdentifier(token) || isSymbol(token, "!");
}

function found({ text }: Token, expected: string): FilterError {
  return new FilterError(`found '${text}', expected: ${expected}`);
}

/** Upstream: labels.NewRequirement. */
function checked(requirement: Requirement): Requirement {
  const { key, operator, values } = requirement;
  const errors: string[] = [];
  if (operator === "gt" || operator === "lt") {
    for (const [index, value] of values.entries()) {
      if (integerOf(value) === null) {
        errors.push(invalid(`values[${index}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"));
      }
    }
  }
  for (const [index, value] of values.entries()) {
    const wrong = labelValueErrors(value, WORDING);
    if (wrong.length > 0) errors.push(invalid(`values[${index}][${key}]`, value, wrong.join("; ")));
  }
  if (errors.length > 0) throw new FilterError(errors.length === 1 ? (errors[0] ?? "") : `[${errors.join(", ")}]`);
  return requirement;
}

function invalid(path: string, value: string, message: string): string {
  return `${path}: Invalid value: ${quote(value)}: ${message}`;
}

/** Upstream: strconv.ParseInt(text, 10, 64); null when it is none. */
export function integerOf(text: string): bigint | null {
  if (!/^[-+]?\d+$/.test(text)) return null;
  const value = BigInt(text.replace("+", ""));
  return value >= -(1n << 63n) && value < 1n << 63n ? value : null;
}
