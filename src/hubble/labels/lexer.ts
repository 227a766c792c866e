/** A token of a Kubernetes label selector; `word` is `in` and `notin`, which are identifiers where a value is expected. */
export type Token = { readonly kind: "end" | "identifier" | "symbol" | "word"; readonly text: string };

const WORDS = new Set(["in", "notin"]);

/** Upstream: pkg/k8s/slim/k8s/apis/labels Lexer. A zero byte ends the text; every special letter begins an operator. */
export function lexSelector(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = /[ \t\r\n]*(?:(==|!=|[=!(),><])|([^=!(),>< \t\r\n\0]+))/y;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [, symbol, word = ""] = match;
    if (symbol === undefined) tokens.push({ kind: WORDS.has(word) ? "word" : "identifier", text: word });
    else tokens.push({ kind: "symbol", text: symbol });
  }
  return [...tokens, { kind: "end", text: "" }];
}
