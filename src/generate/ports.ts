import { type Port, portKey, sortedBy } from "./draft.ts";

/** Odd ports of one pair from which on they are taken for dynamic ones: the next connection takes another. */
const DYNAMIC = 10;
const FIRST_DYNAMIC = 1024;
/** Linux' own range for ports that programs leave to the system, and IANA's. */
const RANGES: readonly (readonly [number, number])[] = [
  [32_768, 60_999],
  [49_152, 65_535],
  [32_768, 65_535],
];
/** Neighbouring ports from which on a range says the same in fewer words. */
const RUN = 3;

type Numbered = Extract<Port, { readonly kind: "port" }>;

/** Ports as a rule names them, and what was widened. */
export type WrittenPorts = { readonly ports: readonly Port[]; readonly notes: readonly string[] };

/**
 * The fewest words for the ports of one pair: runs of neighbours become ranges, which allows no more; many ports that
 * nothing speaks of (`isSpoken`) become the range they were drawn from, which does.
 */
export function writtenPorts(
  ports: readonly Port[],
  isSpoken: (port: Numbered) => boolean,
  canRange: boolean,
): WrittenPorts {
  const numbered = ports.filter((port) => port.kind === "port");
  const icmp = ports.filter((port) => port.kind === "icmp");
  if (!canRange) return { ports: sortedBy(ports, portKey), notes: [] };
  const notes: string[] = [];
  const written = [...new Set(numbered.map((port) => port.protocol))].sort().flatMap((protocol) => {
    const own = numbered.filter((port) => port.protocol === protocol);
    const odd = own.filter((port) => port.port >= FIRST_DYNAMIC && !isSpoken(port));
    const range = odd.length < DYNAMIC ? null : dynamicRange(odd.map((port) => port.port));
    if (range === null) return runs(own);
    const [first, last] = range;
    notes.push(
      `${odd.length} ports of ${protocol} were seen, taken for dynamic: the range ${first}–${last} is allowed`,
    );
    const rest = own.filter((port) => port.port < first || port.port > last);
    return [...runs(rest), { kind: "port" as const, protocol, port: first, endPort: last }];
  });
  return { ports: sortedBy([...icmp, ...written], portKey), notes };
}

function dynamicRange(ports: readonly number[]): readonly [number, number] {
  const first = Math.min(...ports);
  const last = Math.max(...ports);
  return RANGES.find(([low, high]) => first >= low && last <= high) ?? [first, last];
}

/** Neighbouring numbers as one range. */
function runs(ports: readonly Numbered[]): readonly Numbered[] {
  const sorted = [...ports].sort((a, b) => a.port - b.port);
  const found: Numbered[][] = [];
  for (const port of sorted) {
    const run = found.at(-1);
    if (run !== undefined && (run.at(-1)?.port ?? 0) + 1 === port.port) run.push(port);
    else found.push([port]);
  }
  return found.flatMap((run) => {
    const [first] = run;
    const last = run.at(-1);
    if (first === undefined || last === undefined || run.length < RUN) return run;
    return [{ ...first, endPort: last.port }];
  });
}
