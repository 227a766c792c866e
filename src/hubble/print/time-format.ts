import { momentOf } from "../go-time.ts";
import { type Message, textOf } from "../message.ts";

/** Names that `--time-format` takes, in any case; others mean the first. Upstream: hubble/pkg/time. */
export const TIME_FORMATS = [
  "StampMilli",
  "YearMonthDay",
  "YearMonthDayHour",
  "YearMonthDayHourMinute",
  "RFC3339",
  "RFC3339Milli",
  "RFC3339Micro",
  "RFC3339Nano",
  "RFC1123Z",
] as const;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** Writes a canonical timestamp, `N/A` for none. */
export type TimeFormat = (message: Message | undefined, field: string) => string;

/** The format of a name; times are printed in UTC. */
export function timeFormatOf(name: string): TimeFormat {
  const format = FORMATS[name.toLowerCase()] ?? stampMilli;
  return (message, field) => {
    const text = textOf(message, field);
    return text === "" ? "N/A" : format(text);
  };
}

/** Whether this name means StampMilli, as every unknown one does. */
export function isStampMilli(name: string): boolean {
  return FORMATS[name.toLowerCase()] === undefined;
}

const FORMATS: Readonly<Record<string, (text: string) => string>> = {
  yearmonthday: (text) => text.slice(0, 10),
  yearmonthdayhour: (text) => `${text.slice(0, 13)}Z`,
  yearmonthdayhourminute: (text) => `${text.slice(0, 16)}Z`,
  rfc3339: (text) => `${text.slice(0, 19)}Z`,
  rfc3339milli: (text) => `${text.slice(0, 19)}${fraction(text, 3)}Z`,
  rfc3339micro: (text) => `${text.slice(0, 19)}${fraction(text, 6)}Z`,
  rfc3339nano: (text) => `${text.slice(0, 19)}${fraction(text, 9)}Z`,
  rfc1123z: rfc1123,
};

/** At most so many digits, cut and without zeros at the end. */
function fraction(text: string, digits: number): string {
  const kept = text.slice(20, -1).slice(0, digits).replace(/0+$/, "");
  return kept === "" ? "" : `.${kept}`;
}

let lastMinute = "";
let lastStamp = "";

/** `Jan _2 15:04:05.000`. Flows follow one another within a minute: the last one's text is kept. */
function stampMilli(text: string): string {
  const minute = text.slice(5, 17);
  if (minute !== lastMinute) {
    const day = String(Number(text.slice(8, 10))).padStart(2);
    lastStamp = `${MONTHS[Number(text.slice(5, 7)) - 1]} ${day} ${text.slice(11, 17)}`;
    lastMinute = minute;
  }
  const milliseconds = text.length > 20 ? text.slice(20, 23) : "000";
  return `${lastStamp}${text.slice(17, 19)}.${milliseconds}`;
}

/** `Mon, 02 Jan 2006 15:04:05 -0700` */
function rfc1123(text: string): string {
  const day = DAYS[new Date(momentOf(text).seconds * 1000).getUTCDay()];
  return `${day}, ${text.slice(8, 10)} ${MONTHS[Number(text.slice(5, 7)) - 1]} ${text.slice(0, 4)} ${text.slice(11, 19)} +0000`;
}
