import { FlagError } from "#hubble/flags/flag.ts";
import { type Message, partsOf, textOf } from "#hubble/message.ts";
import { namespaceList, nodeList } from "#hubble/print/node-list.ts";
import { UserError } from "#model/finding.ts";
import { METHODS } from "#sources/relay-connection.ts";
import type { ExitCode } from "../command.ts";
import type { Io } from "../io.ts";
import { askServer, outputFlag } from "./hubble-words.ts";

export const LIST_OUTPUT = outputFlag(["json", "table", "wide"]);

/** Runs `ringfence list` with the words after the verb. Upstream: hubble/cmd/list. */
export async function runList(words: readonly string[], io: Io): Promise<ExitCode> {
  return await askServer(words, { io, flags: [LIST_OUTPUT] }, async ({ connection, values, operands }) => {
    const list = listOf(operands[0]);
    const output = values.text.get("output") ?? "table";
    const answer = await connection.ask(list.method);
    const found = [...partsOf(answer, list.field)];
    if (list.field === "nodes") found.sort((a, b) => (textOf(a, "name") < textOf(b, "name") ? -1 : 1));
    if (output === "json") return await io.out(jsonText(found));
    if (output !== "table" && output !== "wide") throw new FlagError(`unknown output format: ${output}`);
    await io.out(list.print(found, output === "wide"));
  });
}

function listOf(word: string | undefined) {
  switch (word) {
    case "nodes":
    case "node":
      return { method: METHODS.getNodes, field: "nodes", print: nodeList } as const;
    case "namespaces":
      return { method: METHODS.getNamespaces, field: "namespaces", print: namespaceList } as const;
    default:
      throw new UserError("unknown-list", word === undefined ? "nothing is named" : `there is no list of ${word}`, {
        help: "one of: ringfence list nodes, ringfence list namespaces",
      });
  }
}

/** Upstream: encoding/json MarshalIndent; a list without elements is none. */
function jsonText(found: readonly Message[]): string {
  if (found.length === 0) return "null\n";
  const text = JSON.stringify(found, null, 2);
  return `${text.replace(/[<>&\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
}
