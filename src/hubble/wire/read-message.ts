import { isObject, type Json } from "#model/json.ts";
import type { Message } from "../message.ts";
import { JsonBuffer } from "./json-buffer.ts";
import { Transcriber } from "./transcriber.ts";
import { wirePlan } from "./wire-plan.ts";

const out = new JsonBuffer(1 << 12);
const transcriber = new Transcriber();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The message of this name in the bytes, in canonical form; a field mask is a list of its paths. Throws WireError. */
export function readMessage(name: string, bytes: Uint8Array): Message {
  out.clear();
  transcriber.write(wirePlan(name), bytes, out);
  const value: Json = JSON.parse(decoder.decode(out.bytes.subarray(0, out.length)));
  return isObject(value) ? value : {};
}
