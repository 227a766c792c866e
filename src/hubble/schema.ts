import { ENUM_VALUES, MESSAGE_FIELDS } from "./schema.table.ts";

/** A field of a protobuf message. */
export type Field = {
  /** As the .proto writes it, and as Hubble prints it. */
  readonly name: string;
  /** Its lowerCamel form, which protojson reads too. */
  readonly jsonName: string;
  /** A scalar (`uint32`), a well-known type (`Timestamp`), or the name of an enum or message of the table. */
  readonly type: string;
  readonly kind: "scalar" | "enum" | "message";
  readonly isRepeated: boolean;
  /** The oneof it belongs to; null for none. */
  readonly group: string | null;
};

/** A message: its fields in the order in which they are printed. */
export type Descriptor = {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly byName: ReadonlyMap<string, Field>;
};

/** An enum: both ways between names and numbers. */
export type EnumDescriptor = {
  readonly name: string;
  readonly numbers: ReadonlyMap<string, number>;
  readonly names: ReadonlyMap<number, string>;
};

const descriptors = new Map<string, Descriptor>();
const enums = new Map<string, EnumDescriptor>();

/** The message of this name. Throws for one that the table does not know. */
export function descriptorOf(name: string): Descriptor {
  const known = descriptors.get(name);
  if (known !== undefined) return known;
  const text = MESSAGE_FIELDS[name];
  if (text === undefined) throw new Error(`no message ${name}`);
  const fields = text.split(" ").map(fieldOf);
  const byName = new Map(
    fields.flatMap((field): [string, Field][] => [
      [field.jsonName, field],
      [field.name, field],
    ]),
  );
  const descriptor = { name, fields, byName };
  descriptors.set(name, descriptor);
  return descriptor;
}

/** The enum of this name. Throws for one that the table does not know. */
export function enumOf(name: string): EnumDescriptor {
  const known = enums.get(name);
  if (known !== undefined) return known;
  const text = ENUM_VALUES[name];
  if (text === undefined) throw new Error(`no enum ${name}`);
  const numbers = new Map(
    text.split(" ").map((pair): [string, number] => {
      const [value = "", number = "0"] = pair.split("=");
      return [value, Number(number)];
    }),
  );
  const names = new Map([...numbers].map(([value, number]): [number, string] => [number, value]));
  const descriptor = { name, numbers, names };
  enums.set(name, descriptor);
  return descriptor;
}

/** `name:type*|group` */
function fieldOf(text: string): Field {
  const [, name = "", type = "", star, group = null] = /^(\w+):([\w.]+)(\*)?(?:\|(\w+))?$/.exec(text) ?? [];
  const kind = ENUM_VALUES[type] !== undefined ? "enum" : MESSAGE_FIELDS[type] !== undefined ? "message" : "scalar";
  return { name, jsonName: lowerCamel(name), type, kind, isRepeated: star !== undefined, group };
}

/** Upstream: protobuf's JSONCamelCase. An upper-case letter after an underscore stays, a first one too (`IP`, `Summary`). */
function lowerCamel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
