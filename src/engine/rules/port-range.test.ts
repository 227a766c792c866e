import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PORT_BITS, rangePrefix } from "./port-range.ts";

describe("rangePrefix", () => {
  it.each([
    [80, 0, 80, 16],
    [80, 0, 81, null],
    [80, 80, 80, 16],
    [0, 0, 12345, 0],
    [0, 65535, 12345, 0],
    [8080, 8083, 8081, 14],
    [8080, 8084, 8084, 16],
    [8080, 8084, 8083, 14],
    [1, 65535, 40000, 1],
    [90, 80, 90, 16],
    [90, 80, 85, null],
  ])("%i–%i holds %i under %s bits", (start, end, port, bits) => {
    expect(rangePrefix(start, end, port)).toBe(bits);
  });

  it("names the widest aligned block inside the range", () => {
    const ports = fc.integer({ min: 1, max: 65535 });
    fc.assert(
      fc.property(ports, ports, ports, (a, b, port) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        const bits = rangePrefix(start, end, port);
        if (bits === null) return port < start || port > end;
        const isInside = (width: number) => {
          const first = Math.floor(port / 2 ** width) * 2 ** width;
          return first >= start && first + 2 ** width - 1 <= end;
        };
        const width = PORT_BITS - bits;
        return isInside(width) && (width === PORT_BITS || !isInside(width + 1));
      }),
    );
  });
});
