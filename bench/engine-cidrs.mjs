// 100,000 prefixes, two thirds IPv4: how long until they can be looked up, and how many addresses are looked up.
const COUNT = 100_000;
const LOOKUPS = 3_000_000;

/** Numbers that look random and are the same on every run. */
function generator() {
  let state = 0x9e3779b9;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0;
    return (state ^ (state >>> 12)) >>> 0;
  };
}

function v4(number) {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
}

function v6(a, b) {
  return `2001:db8:${(a >>> 16).toString(16)}:${(a & 0xffff).toString(16)}:${(b >>> 16).toString(16)}::`;
}

function cidrTexts() {
  const next = generator();
  const texts = new Set();
  while (texts.size < COUNT) {
    if (texts.size % 3 < 2) texts.add(`${v4(next())}/${8 + (next() % 25)}`);
    else texts.add(`${v6(next(), next())}/${40 + (next() % 40)}`);
  }
  return [...texts];
}

/** Figures of the interval table. */
export function cidrFigures({ CidrTable, parsePrefix }, timed) {
  const texts = cidrTexts();
  const parsed = timed(() => {
    const distinct = new Map(
      texts.map((text) => parsePrefix(text)).map((one) => [`${one.family} ${one.value} ${one.bits}`, one]),
    );
    return [...distinct.values()];
  });
  const builds = [0, 1, 2].map(() => timed(() => new CidrTable(parsed.result)));
  const built = builds.reduce((best, one) => (one.milliseconds < best.milliseconds ? one : best));
  const table = built.result;
  const next = generator();
  const addresses = Uint32Array.from({ length: 4096 }, next);
  const lookup = (find) => {
    let found = 0;
    const run = timed(() => {
      for (let i = 0; i < LOOKUPS; i += 1) if (find(addresses[i & 4095], addresses[(i + 7) & 4095]) >= 0) found += 1;
    });
    if (found === 0) throw new Error("no address was found");
    return (LOOKUPS / run.milliseconds) * 1000;
  };
  const rate4 = Math.max(...[0, 1, 2].map(() => lookup((a) => table.find4(a))));
  const rate6 = Math.max(
    ...[0, 1, 2].map(() => lookup((a, b) => table.find6(0x20010db8_0000 + (a >>> 16), (a & 0xffff) * 2 ** 32 + b, 0))),
  );
  const millions = (rate) => `${(rate / 1e6).toFixed(1)} million/s`;
  return [
    { what: "100,000 CIDRs read from text", value: `${parsed.milliseconds.toFixed(0)} ms`, limit: "", ok: null },
    {
      what: "100,000 CIDRs built into the table",
      value: `${built.milliseconds.toFixed(0)} ms`,
      limit: "300 ms",
      ok: built.milliseconds < 300,
    },
    { what: "IPv4 addresses looked up", value: millions(rate4), limit: "3 million/s", ok: rate4 > 3e6 },
    { what: "IPv6 addresses looked up", value: millions(rate6), limit: "3 million/s", ok: rate6 > 3e6 },
  ];
}
