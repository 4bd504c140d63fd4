export type FieldKind =
  | "text"
  | "integer"
  | "number"
  | "boolean"
  | "choice"
  | "time"
  | "json"
  /** Lists: of words of a set, of texts, of numbers. */
  | "choices"
  | "texts"
  | "integers"
  /** Settings of a station: their names, or their names and values. */
  | "variables"
  | "assignments"
  /** An object with fields of its own, and a list of such objects. */
  | "group"
  | "rows";

/** An argument of a command. `min` and `max` limit a number, the length of a text, or of a list how many. */
export interface CommandField {
  name: string;
  kind: FieldKind;
  isRequired: boolean;
  default?: string | number | boolean;
  min?: number;
  max?: number;
  pattern?: string;
  choices?: readonly string[];
  fields?: readonly CommandField[];
  /** Of JSON: any value, and not an object only. */
  isAny?: boolean;
}

/** Each type of command with its arguments. */
export type CommandFields = Record<string, readonly CommandField[]>;
