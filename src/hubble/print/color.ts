/** Paints parts of a line. Upstream: hubble/pkg/printer/color.go. */
export type Colors = {
  readonly isOn: boolean;
  readonly port: Paint;
  readonly host: Paint;
  readonly identity: Paint;
  readonly forwarded: Paint;
  readonly dropped: Paint;
  readonly audit: Paint;
  readonly traced: Paint;
  readonly translated: Paint;
  readonly authFailed: Paint;
  readonly authOn: Paint;
};
export type Paint = (text: string) => string;

const [red, green, yellow, magenta, cyan] = [31, 32, 33, 35, 36].map(
  (code): Paint =>
    (text) =>
      `\u001b[${code}m${text}\u001b[0m`,
);
const plain: Paint = (text) => text;

/** The colours when `isOn`, else none. */
export function colorsOf(isOn: boolean): Colors {
  const when = (paint: Paint | undefined): Paint => (isOn ? (paint ?? plain) : plain);
  return {
    isOn,
    port: when(yellow),
    host: when(cyan),
    identity: when(magenta),
    forwarded: when(green),
    dropped: when(red),
    audit: when(yellow),
    traced: when(yellow),
    translated: when(yellow),
    authFailed: when(red),
    authOn: when(green),
  };
}
