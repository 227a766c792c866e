import type { ShapeFacts } from "./flow-scanned.ts";
import { type FlowTokens, Token } from "./flow-tokens.ts";

/** A stretch of bytes and the token after it; at `Token.end` the line ends with the stretch. */
type ShapeNode = {
  readonly view: DataView;
  readonly length: number;
  readonly token: number;
  readonly facts: ShapeFacts | null;
  readonly next: ShapeNode[];
  readonly serial: number;
};

const MAX_NODES = 4096;
const MAX_NEXT = 24;

/**
 * The shapes of lines: all bytes of a line but its tokens, learned from lines that were read member by member. Where a
 * line's bytes equal a shape's, its tokens stand where the shape has them and the rest is known. Tokens are whole JSON
 * values and are checked as such, so equal bytes around them leave no other reading. Never grows beyond its bounds.
 */
export class FlowShapes {
  private readonly root: ShapeNode[] = [];
  private nodes = 0;
  private readonly tokens: FlowTokens;
  private readonly kinds: number[] = [];
  private readonly starts: number[] = [];
  private readonly stops: number[] = [];

  constructor(tokens: FlowTokens) {
    this.tokens = tokens;
  }

  /** Reads the line at the cursor if its shape is known. */
  read(): boolean {
    const { cursor, flow } = this.tokens;
    let nodes = this.root;
    for (;;) {
      const node = findNode(nodes, cursor.view, cursor.at, cursor.end);
      if (node === undefined) return false;
      cursor.at += node.length;
      if (node.token === Token.end) {
        if (cursor.at !== cursor.end || node.facts === null) return false;
        flow.setShape(node.facts, node.serial);
        return true;
      }
      if (!this.tokens.read(node.token)) return false;
      nodes = node.next;
    }
  }

  /** Begins to learn a line. */
  begin(): void {
    this.kinds.length = 0;
    this.starts.length = 0;
    this.stops.length = 0;
  }

  /** A token of the line being learned stood at bytes[start, stop). */
  mark(kind: number, start: number, stop: number): void {
    this.kinds.push(kind);
    this.starts.push(start);
    this.stops.push(stop);
  }

  /** The line at bytes[start, stop) has been read as a flow: keep its shape. */
  keep(start: number, stop: number): void {
    let nodes: ShapeNode[] | null = this.root;
    let from = start;
    for (let index = 0; index < this.kinds.length && nodes !== null; index++) {
      nodes = this.add(nodes, from, this.starts[index] ?? from, this.kinds[index] ?? Token.skipped)?.next ?? null;
      from = this.stops[index] ?? from;
    }
    if (nodes !== null) this.add(nodes, from, stop, Token.end);
  }

  private add(nodes: ShapeNode[], start: number, stop: number, token: number): ShapeNode | null {
    const { cursor } = this.tokens;
    const known = nodes.find(
      (node) => node.length === stop - start && node.token === token && isNode(node, cursor.view, start, stop),
    );
    if (known !== undefined) return known;
    if (nodes.length >= MAX_NEXT || this.nodes >= MAX_NODES) return null;
    this.nodes++;
    const bytes = cursor.copy(start, stop);
    const facts = token === Token.end ? this.tokens.flow.shape() : null;
    const node = { view: new DataView(bytes.buffer), length: bytes.length, token, facts, next: [], serial: this.nodes };
    nodes.push(node);
    return node;
  }
}

/** The node whose bytes stand at `at`; it moves to the front, for the next line. */
function findNode(nodes: ShapeNode[], view: DataView, at: number, end: number): ShapeNode | undefined {
  for (let index = 0; index < nodes.length; index++) {
    const node = nodes[index] as ShapeNode;
    if (isNode(node, view, at, end)) {
      if (index > 0) {
        nodes[index] = nodes[index - 1] as ShapeNode;
        nodes[index - 1] = node;
      }
      return node;
    }
  }
  return undefined;
}

/** JSON text holds no bytes of which two different eights make the same number; unequal ones that are no number only miss. */
function isNode(node: ShapeNode, view: DataView, at: number, end: number): boolean {
  const { length, view: known } = node;
  if (at + length > end) return false;
  let index = 0;
  for (const words = length & ~7; index < words; index += 8) {
    if (known.getFloat64(index, true) !== view.getFloat64(at + index, true)) return false;
  }
  for (; index < length; index++) {
    if (known.getUint8(index) !== view.getUint8(at + index)) return false;
  }
  return true;
}
