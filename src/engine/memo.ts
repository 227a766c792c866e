import type { End } from "#model/conversation.ts";
import type { Packet } from "./resolve/endpoint-policy.ts";
import type { Identity } from "./identity/identity.ts";
import type { MapEntry } from "./resolve/map-entry.ts";
import type { SelectorCache } from "./selector/selector-cache.ts";
import type { SelectorPolicy } from "./resolve/selector-policy.ts";

/** Answers remembered at most, over all subjects; beyond it they are dropped once. */
const ANSWERS_MAX = 300_000;

/** What an engine remembers, so that cost grows with distinct subjects and peers, not with connections. */
export class Memo {
  readonly cache: SelectorCache;
  #epoch: number;
  readonly #policies = new Map<Identity, Map<Identity, SelectorPolicy>>();
  readonly #answers = new Map<Identity, Map<number, MapEntry | null>>();
  #answerCount = 0;
  #ends = new WeakMap<End, readonly Identity[]>();

  constructor(cache: SelectorCache) {
    this.cache = cache;
    this.#epoch = cache.epoch;
  }

  identities(end: End, make: () => readonly Identity[]): readonly Identity[] {
    if (this.#epoch !== this.cache.epoch) this.#forget();
    const known = this.#ends.get(end);
    if (known !== undefined) return known;
    const made = make().map((identity) => this.cache.identity(identity));
    this.#ends.set(end, made);
    return made;
  }

  /** A subject's policy, towards the node that hosts it. */
  policyOf(subject: Identity, host: Identity, make: () => SelectorPolicy): SelectorPolicy {
    let policies = this.#policies.get(subject);
    if (policies === undefined) {
      policies = new Map();
      this.#policies.set(subject, policies);
    }
    const known = policies.get(host);
    if (known !== undefined) return known;
    const made = make();
    policies.set(host, made);
    return made;
  }

  /** The answer to a packet, by subject, peer, protocol and port. */
  answer(packet: Packet, make: () => MapEntry | null): MapEntry | null {
    let answers = this.#answers.get(packet.subject);
    if (answers === undefined) {
      answers = new Map();
      this.#answers.set(packet.subject, answers);
    }
    const key = this.#keyOf(packet);
    const known = answers.get(key);
    if (known !== undefined) return known;
    const made = make();
    if (this.#answerCount >= ANSWERS_MAX) this.#forgetAnswers();
    else answers.set(key, made);
    this.#answerCount += 1;
    return made;
  }

  /** Peer, protocol, port and direction in one whole number, well below 2^53. Protocols are below 2^10, ports below 2^16. */
  #keyOf({ peer, proto, port, direction }: Packet): number {
    const place = (peer.number * 2 ** 10 + proto) * 2 ** 16 + port;
    return place * 2 + (direction === "egress" ? 1 : 0);
  }

  #forgetAnswers(): void {
    this.#answers.clear();
    this.#answerCount = 0;
  }

  /** The cache has dropped its identities: what is remembered of them would only take room. */
  #forget(): void {
    this.#epoch = this.cache.epoch;
    this.#policies.clear();
    this.#forgetAnswers();
    this.#ends = new WeakMap();
  }
}
