import { use } from "react";
import { Speech } from "./speech.ts";
import type { Language } from "./words.ts";

export type Values = Readonly<Record<string, string | number>>;
/** The texts of one part of the app in every language; the compiler compares their keys. */
export type Texts<Word extends string> = Readonly<Record<Language, Readonly<Record<Word, string>>>>;

export function fill(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The texts of a part of the app that is loaded by itself, in the language of the page. */
export function useTexts<Word extends string>(texts: Texts<Word>): (word: Word, values?: Values) => string {
  const { language } = use(Speech);
  return (word, values) => fill(texts[language][word], values);
}
