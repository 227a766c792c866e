// The reference of the benchmarks: cuts lines out of 1 MB reads and gives each to JSON.parse. Nothing else.
import { closeSync, openSync, readSync } from "node:fs";

const fd = openSync(process.argv[2], "r");
const buffer = Buffer.allocUnsafe(1 << 20);
let rest = null;
let lines = 0;
for (
  let length = readSync(fd, buffer, 0, buffer.length, null);
  length > 0;
  length = readSync(fd, buffer, 0, buffer.length, null)
) {
  let start = 0;
  for (let end = buffer.indexOf(10, start); end !== -1 && end < length; end = buffer.indexOf(10, start)) {
    const line = buffer.subarray(start, end);
    JSON.parse((rest === null ? line : Buffer.concat([rest, line])).toString("utf8"));
    lines += 1;
    rest = null;
    start = end + 1;
  }
  if (start < length) {
    const tail = Buffer.from(buffer.subarray(start, length));
    rest = rest === null ? tail : Buffer.concat([rest, tail]);
  }
}
closeSync(fd);
console.log(JSON.stringify({ lines }));
