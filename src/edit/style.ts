/** How a text is written: what is inserted is written the same way. */
export type Style = {
  readonly newline: "\n" | "\r\n";
  /** Spaces by which a mapping stands deeper than the one that holds it. */
  readonly step: number;
  /** Spaces by which the `-` of a list stands deeper than its key. */
  readonly dash: number;
  readonly quote: '"' | "'";
  /** JSON text: keys in quotes, no block style. */
  readonly json: boolean;
};

/** Reads the style off a text, by majority. */
export function styleOf(source: string): Style {
  const json = isJson(source);
  return {
    newline: source.includes("\r\n") ? "\r\n" : "\n",
    step: json ? indentOfFirst(source) : mappingStep(source),
    dash: dashStep(source),
    quote: count(source, /[:-] '/g) > count(source, /[:-] "/g) ? "'" : '"',
    json,
  };
}

function isJson(source: string): boolean {
  if (!source.trimStart().startsWith("{")) return false;
  try {
    JSON.parse(source);
    return true;
  } catch {
    return false;
  }
}

function indentOfFirst(source: string): number {
  return /\n( +)"/.exec(source)?.[1]?.length ?? 2;
}

function count(source: string, pattern: RegExp): number {
  return source.match(pattern)?.length ?? 0;
}

/** Lines `key:` followed by a deeper `key: …` line: by how much deeper, most often. */
function mappingStep(source: string): number {
  const steps = [...source.matchAll(/^( *)(?:- )*[^\s#-][^\n]*:\r?\n( +)[^\s#-]/gm)].map((match) => {
    const outer = match[0].indexOf(match[0].trimStart().replace(/^(- )+/, ""));
    return (match[2]?.length ?? 0) - outer;
  });
  return mostCommon(steps.filter((step) => step > 0)) ?? 2;
}

function dashStep(source: string): number {
  const steps = [...source.matchAll(/^( *(?:- )*)[^\s#-][^\n]*:[ \t]*(?:#[^\n]*)?\r?\n( *)- /gm)].map(
    (match) => (match[2]?.length ?? 0) - (match[1]?.length ?? 0),
  );
  return mostCommon(steps.filter((step) => step >= 0)) ?? 2;
}

function mostCommon(numbers: readonly number[]): number | null {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  const [best] = [...counts].toSorted((left, right) => right[1] - left[1] || left[0] - right[0]);
  return best?.[0] ?? null;
}
