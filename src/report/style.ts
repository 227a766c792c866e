/** Colours by meaning; each takes text and gives it back painted, or as it was when colour is off. */
export type Style = {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly unsure: (text: string) => string;
  readonly name: (text: string) => string;
};

const ESCAPE = "\u001B[";

function painter(open: number, close: number): (text: string) => string {
  return (text) => (text === "" ? text : `${ESCAPE}${open}m${text}${ESCAPE}${close}m`);
}

const PLAIN: Style = {
  bold: (text) => text,
  dim: (text) => text,
  good: (text) => text,
  bad: (text) => text,
  unsure: (text) => text,
  name: (text) => text,
};

const COLOURED: Style = {
  bold: painter(1, 22),
  dim: painter(2, 22),
  good: painter(32, 39),
  bad: painter(31, 39),
  unsure: painter(33, 39),
  name: painter(36, 39),
};

/** Only the sixteen colours that every terminal lets its owner choose. A sign and a word always stand beside a colour. */
export function styleOf(color: boolean): Style {
  return color ? COLOURED : PLAIN;
}
