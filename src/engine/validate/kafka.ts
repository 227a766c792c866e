import type { JsonObject } from "#model/json.ts";
import { textOf } from "./fields.ts";
import { byteLength, quote } from "./go-text.ts";
import { type Rejection, reject } from "./rejection.ts";

const API_KEYS: ReadonlySet<string> = new Set(
  (
    "produce fetch offsets metadata leaderandisr stopreplica updatemetadata controlledshutdown offsetcommit offsetfetch " +
    "findcoordinator joingroup heartbeat leavegroup syncgroup describegroups listgroups saslhandshake apiversions " +
    "createtopics deletetopics deleterecords initproducerid offsetforleaderepoch addpartitionstotxn addoffsetstotxn " +
    "endtxn writetxnmarkers txnoffsetcommit describeacls createacls deleteacls describeconfigs alterconfigs"
  ).split(" "),
);
const ROLES = ["produce", "consume"];
const TOPIC_LIMIT = 255;
const VERSION_LIMIT = 32767;

/** A Kafka rule; gone in 1.20. Upstream: cilium/proxy pkg/policy/api/kafka PortRule.Sanitize. */
export function checkKafkaRule(rule: JsonObject, path: string): Rejection | null {
  const role = textOf(rule, "role");
  const apiKey = textOf(rule, "apiKey");
  if (apiKey !== "" && role !== "") {
    const text = `cannot set both Role ${quote(role)} and APIKey ${quote(apiKey)} together`;
    return reject(path, text, "keep the role or the API key");
  }
  if (apiKey !== "" && !API_KEYS.has(apiKey.toLowerCase())) {
    return reject(`${path}.apiKey`, `invalid Kafka APIKey ${quote(apiKey)}`, "use a key of the Kafka protocol");
  }
  if (role !== "" && !ROLES.includes(role.toLowerCase())) {
    return reject(`${path}.role`, `invalid Kafka Role ${quote(role)}`, "the roles are produce and consume");
  }
  return checkVersion(textOf(rule, "apiVersion"), path) ?? checkTopic(textOf(rule, "topic"), path);
}

function checkVersion(version: string, path: string): Rejection | null {
  const isNumber = /^\+?[0-9]+$|^-0+$/.test(version) && Number(version) <= VERSION_LIMIT;
  if (version === "" || isNumber) return null;
  return reject(`${path}.apiVersion`, `invalid Kafka APIVersion ${quote(version)}`, "the version is a number");
}

function checkTopic(topic: string, path: string): Rejection | null {
  if (topic === "") return null;
  if (byteLength(topic) > TOPIC_LIMIT) {
    const text = `kafka topic exceeds maximum len of ${TOPIC_LIMIT}`;
    return reject(`${path}.topic`, text, "shorten the topic: no Kafka topic is longer");
  }
  // Upstream's class holds the backslash too.
  if (/^[a-zA-Z0-9\\._-]+$/.test(topic)) return null;
  const help = "a topic has letters, digits, dots, dashes and underscores";
  return reject(`${path}.topic`, `invalid Kafka Topic name ${quote(topic)}`, help);
}
