/** Upstream: unicode.IsSpace. */
const SPACE = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/**
 * A selector whose keys have their source in front with a dot, as Kubernetes' selectors can hold it: `k8s:app=web` becomes
 * `k8s.app=web`, `app` becomes `any.app`. Upstream: pkg/hubble/filters/labelparser.go.
 */
export function translateSelector(selector: string): string {
  const runes = [...selector];
  let at = 0;
  let text = "";
  const copyWhile = (keep: (rune: string) => boolean) => {
    const start = at;
    while (at < runes.length && keep(runes[at] ?? "")) at++;
    return runes.slice(start, at).join("");
  };
  while (at < runes.length) {
    text += copyWhile((rune) => SPACE.test(rune) || rune === "!");
    text += translateKey(copyWhile((rune) => !SPACE.test(rune) && !/[=!,]/.test(rune)));
    const end = endOfRequirement(runes, at);
    text += runes.slice(at, end).join("");
    at = end;
  }
  return text;
}

function translateKey(key: string): string {
  return (key.includes(":") ? key : `any:${key}`).replace(":", ".");
}

/** After the next comma outside parentheses. */
function endOfRequirement(runes: readonly string[], start: number): number {
  let nesting = 0;
  for (let at = start; at < runes.length; at++) {
    if (runes[at] === "(") nesting++;
    else if (runes[at] === ")") nesting--;
    else if (runes[at] === "," && nesting === 0) return at + 1;
  }
  return runes.length;
}
