import { createFormat, type Format } from "@voltway/format";
import { createContext } from "react";
import { say, type Language, type Word } from "./words.ts";

/** The language of the page, and how its texts and figures are written. */
export const Speech = createContext<{
  language: Language;
  format: Format;
  t: (word: Word, values?: Readonly<Record<string, string | number>>) => string;
}>({ language: "en", format: createFormat("en"), t: (word, values) => say("en", word, values) });
